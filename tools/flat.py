"""Take the modules that are loaded now and then out of their packages, as they lie on a board.

On the chip every name that was ever loaded takes memory for good: of a module its dotted name, the
last part of that, and its file's name; and while it is loaded, each of its packages is a module
more. So `tillqr.net.sntp` is `sntp` there, in the file tillqr/sntp.mpy: main.py has that directory
searched. What others load by its dotted name stays as it is.

What can't be followed is refused: two modules of one name, a package that is used for itself, a
text that is only a part of a module's name.
"""

import ast
from collections.abc import Collection, Iterator

from tools.shorten import Clash

PACKAGE = "tillqr"
_INNER = "tillqr."


def flatten(
    texts: dict[str, str], packages: Collection[str], stay: Collection[str]
) -> dict[str, str]:
    """The texts of modules by their names on a board; packages that nobody needs are gone.

    stay: the modules whose names do. Raises Clash.
    """
    modules = [name for name in texts if name not in packages and name not in stay]
    short = {name: name.rpartition(".")[2] for name in modules}
    if len({*short.values()}) < len(short):
        raise Clash(f"two modules have one name: {sorted(short)}")
    kept = {PACKAGE, *stay, *(name.rpartition(".")[0] for name in stay)}
    trees = {name: ast.parse(text) for name, text in texts.items() if name in {*short, *kept}}
    for name, tree in trees.items():
        for word in _named(tree, {*short, *kept}, packages):
            raise Clash(f"{name}: {word!r} can't be followed on a board")
        _Flat(short).visit(tree)
    return {short.get(name, name): ast.unparse(tree) + "\n" for name, tree in trees.items()}


def _named(tree: ast.Module, known: set[str], packages: Collection[str]) -> Iterator[str]:
    """What a text names by a dotted name that is no module's on a board."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.startswith(_INNER))
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith(PACKAGE):
            for whole in (f"{node.module}.{one.name}" for one in node.names):
                if whole not in known and (whole in packages or node.module not in known):
                    yield whole
        elif isinstance(node, ast.Constant) and str(node.value).startswith(_INNER):
            yield from {str(node.value)} - known


class _Flat(ast.NodeTransformer):
    """Gives modules their names on a board."""

    def __init__(self, short: dict[str, str]) -> None:
        self._short = short

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            node.value = self._short.get(node.value, node.value)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        left = []
        for alias in node.names:
            short = self._short.get(f"{node.module}.{alias.name}")
            if short is None:
                left.append(alias)
            else:
                found.append(ast.Import([ast.alias(short, alias.asname)]))
        if left:
            found.append(ast.ImportFrom(self._short.get(str(node.module), node.module), left, 0))
        return found
