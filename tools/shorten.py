"""Shorten a module's own names: on the chip each different name takes memory for good.

A private name (`_name`) means something only in its own file, and a parameter only in its own
function, unless some call names it; so all can share the same few short ones. What would make
that untrue is refused: a private name of another file, a class whose base in another file has
private names, a private name in a string or as a keyword.
Names of constants stay, as the compiler replaces them; so do `_`, `__name__` and the like.
"""

import ast
import builtins
import functools
import keyword
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from tools import rom_names

_PRIVATE = re.compile(r"_[A-Za-z0-9]\w*")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CHECKING = "TYPE_CHECKING"
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Clash(Exception):
    """A private name is used in a way that shortening would break; the text says which."""


def shorten(source: str, name: str, root: Path, named: set[str]) -> tuple[str, dict[str, str]]:
    """The source with short names, and what the private ones are by their old name.

    name: the file's, for messages; root: where modules that it imports from are looked for;
    named: parameters that some call names, which stay. Raises Clash.
    """
    tree = ast.parse(source)
    constants = _constants(tree)
    private = [word for word in _defined(tree) if word not in constants]
    own = set(private) | constants
    _check(tree, own, _private_names(root) - own, name)
    _check_bases(tree, name, root)
    stay = (set(_used(tree)) | _bound(tree)) - set(private)
    free = free_names(stay)
    short = {old: next(free) for old in dict.fromkeys(private)}
    places = _Places(source, {**short, _CHECKING: "_" + _CHECKING}, named)
    places.visit(tree)
    return places.replaced(), short


def free_names(taken: set[str]) -> Iterator[str]:
    """Names for what may be called anything: first those that cost a board nothing."""
    return (word for word in chain(rom_names.NAMES, short_names("_")) if word not in taken)


def short_names(prefix: str) -> Iterator[str]:
    """Names, the shortest first: for "_" they are _a to _z, _aa and so on."""
    return (prefix + _short(number) for number in range(10_000))


def keywords(paths: Iterable[Path]) -> set[str]:
    """The parameters that calls in some files name."""
    trees = [ast.parse(path.read_text()) for path in paths]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}


class _Places(ast.NodeVisitor):
    """Finds every place of a name that becomes a short one."""

    def __init__(self, source: str, short: dict[str, str], named: set[str]) -> None:
        self._lines = source.split("\n")
        self._short = short
        self._named = named
        self._scope: dict[str, str] = {}
        self._found: list[tuple[int, int, str, str]] = []

    def replaced(self) -> str:
        """The source with the short names; from the end, so that places stay right."""
        for row, column, old, new in sorted(set(self._found), reverse=True):
            line = self._lines[row].encode()
            assert line[column : column + len(old)] == old.encode(), (line, old)
            self._lines[row] = (line[:column] + new.encode() + line[column + len(old) :]).decode()
        return "\n".join(self._lines)

    def _put(self, row: int, column: int, old: str, new: str | None) -> None:
        if new is not None:
            self._found.append((row - 1, column, old, new))

    def visit_Name(self, node: ast.Name) -> None:
        new = self._scope.get(node.id) or self._short.get(node.id)
        self._put(node.lineno, node.col_offset, node.id, new)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        assert node.end_lineno is not None and node.end_col_offset is not None
        column = node.end_col_offset - len(node.attr.encode())
        self._put(node.end_lineno, column, node.attr, self._short.get(node.attr))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._put_definition(node, "class ")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._put_definition(node, "def ")
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._put_definition(node, "async def ")
        self._visit_function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node)

    def visit_Global(self, node: ast.Global) -> None:
        for word in node.names:
            found = re.search(rf"\b{word}\b", self._lines[node.lineno - 1])
            assert found is not None
            column = len(self._lines[node.lineno - 1][: found.start()].encode())
            self._put(node.lineno, column, word, self._short.get(word))

    def _put_definition(
        self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, before: str
    ) -> None:
        column = node.col_offset + len(before)
        self._put(node.lineno, column, node.name, self._short.get(node.name))

    def _visit_function(self, node: _Function) -> None:
        parameters = _parameters(node)
        defaults = (one for one in (*node.args.defaults, *node.args.kw_defaults) if one)
        for outer in (*defaults, *getattr(node, "decorator_list", ())):
            self.visit(outer)
        before = self._scope
        self._scope = self._scope_of(node, parameters)
        for parameter in parameters:
            new = self._scope.get(parameter.arg) or self._short.get(parameter.arg)
            self._put(parameter.lineno, parameter.col_offset, parameter.arg, new)
            if parameter.annotation:
                self.visit(parameter.annotation)
        for inner in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(inner)
        self._scope = before

    def _scope_of(self, node: _Function, parameters: list[ast.arg]) -> dict[str, str]:
        """The short names in a function: its own, and those around it that it doesn't hide."""
        own = {parameter.arg for parameter in parameters}
        bound = _bound(node)
        scope = {old: new for old, new in self._scope.items() if old not in own}
        taken = set(dir(builtins)) | set(keyword.kwlist) | set(_used(node)) | bound | own
        taken |= set(self._scope.values()) | set(self._short.values())
        free = (word for word in short_names("") if word not in taken)
        if node.args.kwarg:  # a call may name anything: what takes it must not be called so
            parameters = [one for one in (node.args.vararg, node.args.kwarg) if one]
        for parameter in parameters:
            if parameter.arg not in self._named | bound and parameter.arg not in self._short:
                scope[parameter.arg] = next(free)
        scope.pop("self", None)
        return scope


def _parameters(node: _Function) -> list[ast.arg]:
    arguments = node.args
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [one for one in (arguments.vararg, arguments.kwarg) if one]


def _short(number: int) -> str:
    letters = ""
    while True:
        number, digit = divmod(number, len(_LETTERS))
        letters = _LETTERS[digit] + letters
        if number == 0:
            return letters
        number -= 1


def _is_private(word: object) -> bool:
    return isinstance(word, str) and _PRIVATE.fullmatch(word) is not None


def _constants(tree: ast.AST) -> set[str]:
    """Names that are const(...) or compile-time flags."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "const"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _defined(tree: ast.AST) -> Iterator[str]:
    """Private names that the file itself gives a meaning."""
    for node in ast.walk(tree):
        word: object = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            word = node.name
        elif isinstance(node, ast.arg):
            word = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            word = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            word = node.attr
        if isinstance(word, str) and _is_private(word):
            yield word


@functools.cache
def _private_names(root: Path) -> set[str]:
    """Every private name that some file under a directory gives a meaning."""
    trees = [ast.parse(path.read_text()) for path in root.rglob("*.py")]
    return {word for tree in trees for word in _defined(tree)}


def _used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg


def _bound(tree: ast.AST) -> set[str]:
    """Names that get a meaning inside of a tree otherwise than by assignment: they stay."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.update({node.name} if node is not tree else ())
    return found


def _check(tree: ast.AST, own: set[str], foreign: set[str], name: str) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.alias):
            word = next(iter(_used(node)), "") or getattr(node, "name", "")
            if word.rpartition(".")[2] in foreign:
                raise Clash(f"{name}: {word} is private to another file")
        if isinstance(node, ast.ExceptHandler) and node.name in own:
            raise Clash(f"{name}: {node.name} is private and an exception's name")
        if isinstance(node, ast.Nonlocal):
            raise Clash(f"{name}: nonlocal {node.names[0]}, which would not be found")
        if isinstance(node, ast.keyword) and _is_private(node.arg):
            raise Clash(f"{name}: the keyword {node.arg} is private")
        if isinstance(node, ast.Constant) and node.value in own:
            raise Clash(f"{name}: the private name {node.value!r} is in a string")


def _check_bases(tree: ast.AST, name: str, root: Path) -> None:
    """A base from another file must have no private names, and no base of that tree itself."""
    origin = {
        alias.asname or alias.name: (node.module or "", alias.name, node.level)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for base in node.bases:
            first = ast.unparse(base).partition(".")[0]
            module, real, level = origin.get(first, ("", "", 0))
            path = root / (module.replace(".", "/") + ".py")
            package = root / module.replace(".", "/")
            if not level and not path.exists() and not (module and package.is_dir()):
                continue
            plain = isinstance(base, ast.Name) and path.exists() and not level
            if not plain or not _harmless(path, real):
                raise Clash(f"{name}: {node.name} could share private names with its base")


def _harmless(path: Path, name: str) -> bool:
    """Whether a file has a class without private names and without bases."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return not node.bases and not any(_defined(node))
    return False
