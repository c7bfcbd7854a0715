"""Join modules that are loaded together into one: on the chip each module takes memory of its own.

A module has a dictionary, three names, and an entry for each name that it imports. In a bundle
every global has one short name, constants stand where they are used, and what nobody uses is left
out: imports, globals whose making does nothing else, methods whose names stand nowhere. All of it
runs when it is first imported. `tillqr.resident` has what every board needs at all times; another
bundle has what is loaded together now and then, and imports from others; one with the name of a
module in it keeps the names that others ask that module for. Modules that are loaded when they are
needed stay files, and import from the bundles.

What can't be followed is refused: a bundled module as a value or in a text, an import of one
inside a function of the bundle, a global of another module that is changed, a name that a class
body would hide, a getattr of any name.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tools.shorten import Clash, free_names

BUNDLE = "tillqr.resident"
"""The one that every board has."""
_PACKAGE, _, _LAST = BUNDLE.partition(".")
_CHECKING = {"TYPE_CHECKING", "_TYPE_CHECKING"}
_LOOKING = {"globals", "locals", "vars", "dir", "eval", "exec"}
"""They see names that the bundle changes."""
_ABOUT_ITSELF = {"__name__", "__file__", "__path__"}
_PLAIN_DECORATORS = {"viper", "native", "property", "setter", "staticmethod", "classmethod"}
_PLAIN_CALLS = {"bytes", "bytearray", "memoryview", "frozenset", "set", "dict", "tuple", "range"}
"""What does nothing but make a value, so that nobody misses it who does not use the value."""
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Scope = _Definition | ast.Lambda | _Comprehension
_Place = tuple[str, str]
"""A module and a name in it; "" for the module itself."""


@dataclass
class Bundles:
    """What became of a tree of modules."""

    bundles: dict[str, str]
    """The text of each bundle."""
    others: dict[str, str]
    """The text of each module that is in none."""
    names: list[tuple[str, str, str, str]]
    """(bundle, module, its global's name, the name in the bundle)"""


@dataclass
class _Module:
    """One module and what its global names are."""

    name: str
    tree: ast.Module
    package: bool
    bundle: str
    """The one that it is in; "" if it stays a file."""
    public: set[str]
    """The globals that keep their names."""
    imports: dict[str, _Place] = field(default_factory=dict)
    """Its name for something of this tree: where that is made."""
    outside: dict[str, str] = field(default_factory=dict)
    """Its name for something of another tree: the import."""
    made: set[str] = field(default_factory=set)
    """The globals that it makes itself, and of these:"""
    constants: dict[str, int | str] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)
    """Its own name for a global that the bundle keeps: the one in the bundle."""
    places: dict[ast.AST, set[str]] = field(default_factory=dict)
    """Each node whose name is a global: what the class body around it binds."""
    local: set[str] = field(default_factory=set)
    """The names that its functions bind."""


def bundle(
    sources: dict[str, str],
    packages: set[str],
    on_demand: Iterable[str],
    together: Mapping[str, Collection[str]],
    public: Mapping[str, Collection[str]],
) -> Bundles:
    """Join modules.

    sources: the text of each module by its dotted name; packages: which of them are packages;
    on_demand: prefixes of dotted names of modules that are not resident; a package's own ends with
    `.__init__`; together: by the name of a bundle the modules that are in it, whether on demand or
    not; public: by the name of a module that is its bundle's too the globals that others ask it
    for by their names. Raises Clash.
    """
    apart = tuple(on_demand)
    bundles = {one: name for name, ones in together.items() for one in ones}
    for one in bundles.keys() - sources.keys():
        raise Clash(f"there is no module {one} to be bundled")
    modules: dict[str, _Module] = {}
    for name, text in sources.items():
        tree = _Strip().visit(ast.parse(text))
        whole = f"{name}.__init__" if name in packages else name
        resident = name != _PACKAGE and not whole.startswith(apart)
        inside = bundles.get(name, BUNDLE if resident else "")
        asked = set(public.get(name, ())) if name == inside else set()
        modules[name] = _Module(name, tree, name in packages, inside, asked)
    for name in (BUNDLE, *together):
        if name in modules and name not in together.get(name, ()):
            raise Clash(f"{name} is the bundle's own name")
    _drop_unused_methods([module.tree for module in modules.values()])
    for module in modules.values():
        _collect(module, modules)
    for module in modules.values():
        _check(module, modules)
    bundled = _in_order(modules)
    for module in modules.values():
        for name, place in module.imports.items():
            module.imports[name] = origin, word = _resolve(module, modules, *place)
            makes = modules[origin]
            if not _reaches(module, makes) and word and word not in makes.constants:
                raise Clash(
                    f"{module.name}: {origin}, which has {word}, is loaded only when needed"
                )
    kept = _used(modules, bundled)
    _give_names(bundled, kept)
    texts = {name: _bundle(name, bundled, modules, kept) for name in (BUNDLE, *together)}
    names = [
        (one.bundle, one.name, old, new) for one in bundled for old, new in one.globals.items()
    ]
    others = {
        module.name: _apart(module, modules) for module in modules.values() if not module.bundle
    }
    return Bundles(texts, others, names)


def _reaches(asks: _Module, makes: _Module) -> bool:
    """Whether a module may have what another one makes: what is resident keeps nothing but that,
    and what is bundled imports from bundles."""
    if asks.bundle == BUNDLE:
        return makes.bundle == BUNDLE
    return makes.bundle != "" or not asks.bundle


def _bundle(
    name: str, bundled: list[_Module], modules: dict[str, _Module], kept: set[_Place]
) -> str:
    """The text of a bundle."""
    outside: dict[str, str] = {}
    body: list[ast.stmt] = []
    for module in (one for one in bundled if one.bundle == name):
        for word, text in module.outside.items():
            if outside.setdefault(word, text) != text or word in dir(builtins):
                raise Clash(f"{module.name}: {word} means something else in another module")
        body += _Rewrite(module, modules).statements(
            one
            for one in module.tree.body
            if any((module.name, word) in kept for word in _made_by(one))
        )
    own = {word for module in bundled if module.bundle == name for word in module.globals.values()}
    for module in bundled:
        words = module.globals.values() if module.bundle != name != BUNDLE else ()
        for word in words:
            outside[f"{module.bundle} {word}"] = f"from {module.bundle} import {word}"
            if word in own:
                raise Clash(f"{module.name}: {word} is the name of something in {name} too")
    imports = [one for text in outside.values() for one in ast.parse(text).body]
    return _text(name, [*imports, *body])


# What a module is made of.


class _Strip(ast.NodeTransformer):
    """Leaves out what the chip never sees: what is for the type checker, and words for people.

    And const(): its constants would be no globals, which other modules could not import.
    """

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if not isinstance(node, ast.Module | ast.expr) and getattr(node, "body", None) == []:
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        if isinstance(node, ast.Try) and not node.handlers and not node.finalbody:
            node.finalbody = [ast.Pass()]
        return node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.AST]:
        if isinstance(node.test, ast.Name) and node.test.id in _CHECKING:
            return [one for part in node.orelse for one in _listed(self.visit(part))]
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_const = getattr(node.func, "id", "") == "const" and len(node.args) == 1
        return node.args[0] if is_const else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign([node.target], node.value, lineno=node.lineno))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        if not any(_last(one) == "viper" for one in node.decorator_list):  # which needs its types
            node.returns = None
            for one in ast.iter_child_nodes(node.args):
                if isinstance(one, ast.arg):
                    one.annotation = None
        return self.generic_visit(node)


def _listed(made: ast.AST | list[ast.AST] | None) -> list[ast.AST]:
    """What a visit made, however many nodes."""
    return made if isinstance(made, list) else [made] if made else []


def _last(node: ast.AST) -> str:
    """The last name of a dotted one."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _plain(node: _Definition) -> bool:
    """Whether nothing but a name is made by a definition's decorators."""
    return all(_last(one) in _PLAIN_DECORATORS for one in node.decorator_list)


def _drop_unused_methods(trees: list[ast.Module]) -> None:
    """Leave out methods whose names stand nowhere; a text may be one, or how some begin.

    A class with a base of another tree keeps all, as what is there may call them.
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    ours = {one.name for one in classes}
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    texts = {value for value in constants if isinstance(value, str) and value}
    starts = tuple(text for text in texts if text.endswith("_"))
    for one in classes:
        if not {_last(base) for base in one.bases} <= ours:
            continue
        in_body = {getattr(node, "id", "") for part in one.body for node in _at_once(part)}
        one.body = [
            part
            for part in one.body
            if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            or part.name in named | texts | in_body
            or part.name.startswith(("__", *starts))
            or not _plain(part)
        ] or [ast.Pass()]


def _collect(module: _Module, modules: dict[str, _Module]) -> None:
    """Find a module's imports, its globals and its constants."""
    scopes = _Scopes()
    scopes.visit(module.tree)
    module.places, module.local = scopes.places, scopes.local
    imports: set[ast.AST] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            if _ours(node):
                _collect_import(module, node, modules)
            else:
                _collect_outside(module, node)
            imports.update(node.names)
    count = Counter(_binds(node) for node in module.places if node not in imports)
    bound = {*count, *module.outside}
    if not module.bundle:  # where imports may be in functions
        bound |= module.local
    twice = module.imports.keys() & bound or module.outside.keys() & count.keys()
    if twice and (module.bundle or twice & module.imports.keys()):
        raise Clash(f"{module.name}: {', '.join(sorted(twice))} is imported and bound")
    hidden = scopes.hidden & (module.imports.keys() | count.keys())
    if hidden:
        raise Clash(f"{module.name}: a class hides {', '.join(sorted(hidden))}")
    module.made = {_binds(node) for node in module.places} - {"", *module.outside}
    for statement in module.tree.body:
        pairs = list(_pairs(statement))
        values = {name: _constant(module, value) for name, value in pairs if count[name] == 1}
        if pairs and len(values) == len(pairs) and None not in values.values():
            module.constants.update({name: one for name, one in values.items() if one is not None})
    module.tree.body = [
        one
        for one in module.tree.body
        if not any(name in module.constants for name, _ in _pairs(one))
        and not (module.bundle and isinstance(one, ast.Import | ast.ImportFrom))
    ]


def _ours(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == _PACKAGE for alias in node.names)
    return node.level > 0 or (node.module or "").partition(".")[0] == _PACKAGE


def _collect_outside(module: _Module, node: ast.Import | ast.ImportFrom) -> None:
    for alias in node.names:
        if alias not in module.places:
            continue
        if module.bundle and (node not in module.tree.body or alias.name == "*"):
            raise Clash(f"{module.name}: `{ast.unparse(node)}` is not at the top, or takes all")
        origin = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
        text = f"{origin}import {ast.unparse(alias)}"
        if module.outside.setdefault(_binds(alias), text) != text and module.bundle:
            raise Clash(f"{module.name}: {_binds(alias)} is imported from two modules")


def _collect_import(
    module: _Module, node: ast.Import | ast.ImportFrom, modules: dict[str, _Module]
) -> None:
    if isinstance(node, ast.Import):
        raise Clash(f"{module.name}: write `from {_PACKAGE} import`")
    if module.bundle and node not in module.tree.body:
        raise Clash(f"{module.name}: an import inside a function of the bundle")
    origin = node.module or ""
    if node.level:
        parts = module.name.split(".")
        parts = parts[: len(parts) - node.level + module.package]
        origin = ".".join([*parts, node.module] if node.module else parts)
    for alias in node.names:
        place = (origin, alias.name)
        if f"{origin}.{alias.name}" in modules:
            place = (f"{origin}.{alias.name}", "")
        elif origin not in modules:
            raise Clash(f"{module.name}: there is no module {origin}")
        name = alias.asname or alias.name
        if module.imports.setdefault(name, place) != place:
            raise Clash(f"{module.name}: {name} is imported from two modules")


def _pairs(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The names that an assignment gives to values one by one."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from zip(map(_binds, target.elts), value.elts, strict=False)


def _constant(module: _Module, node: ast.expr) -> int | str | None:
    """The value of a number or a text that never changes; None if it is something else."""
    allowed = (
        ast.Constant | ast.BinOp | ast.UnaryOp | ast.Name | ast.operator | ast.unaryop | ast.Load
    )
    if not all(isinstance(one, allowed) for one in ast.walk(node)):
        return None
    expression = compile(ast.Expression(node), "", "eval")
    try:
        value = eval(expression, {"__builtins__": {}}, module.constants)
    except (NameError, TypeError, ValueError, ArithmeticError):
        return None
    return value if isinstance(value, int | str) else None


def _check(module: _Module, modules: dict[str, _Module]) -> None:
    """Refuse what looks at names at run time."""
    for node in ast.walk(module.tree):
        word = node.id if isinstance(node, ast.Name) and node in module.places else ""
        if isinstance(node, ast.Attribute) and node.attr == "__name__":
            raise Clash(f"{module.name}: {ast.unparse(node)} is another one in the bundle")
        if word in _ABOUT_ITSELF and module.bundle:
            raise Clash(f"{module.name}: {word} is another one in the bundle")
        if word in _LOOKING - module.made:
            raise Clash(f"{module.name}: {word} sees names that are changed")
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr":
            what = node.args[1] if len(node.args) > 1 else None
            start = what.left if isinstance(what, ast.BinOp) else what
            text = start.value if isinstance(start, ast.Constant) else None
            if not isinstance(text, str) or (start is not what and not text.endswith("_")):
                raise Clash(f"{module.name}: a getattr whose name does not begin with a text_")
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text in modules and modules[text].bundle not in ("", text):
            raise Clash(f"{module.name}: the bundled module {text} is in a text")


def _in_order(modules: dict[str, _Module]) -> list[_Module]:
    """The modules of the bundles, each after those that it imports."""
    order: list[_Module] = []

    def add(module: _Module, above: tuple[str, ...]) -> None:
        if module.name in above:
            raise Clash(f"{module.name} imports itself, by way of {', '.join(above)}")
        if not module.bundle or module in order:
            return
        for origin, _ in module.imports.values():
            add(modules[origin], (*above, module.name))
        order.append(module)

    for module in modules.values():
        add(module, ())
    return order


def _resolve(asks: _Module, modules: dict[str, _Module], origin: str, word: str) -> _Place:
    """Where a name of a module is really made: it may import it itself."""
    seen: list[_Place] = []
    while word and word not in modules[origin].made:
        seen.append((origin, word))
        if f"{origin}.{word}" in modules and word not in modules[origin].imports:
            return f"{origin}.{word}", ""
        origin, word = modules[origin].imports.get(word, seen[0])
        if (origin, word) in seen:
            raise Clash(f"{asks.name}: {seen[0][0]} has no {seen[0][1]}")
    return origin, word


# Which names mean which global.


class _Scopes(ast.NodeVisitor):
    """Finds the nodes whose names are globals of the module."""

    def __init__(self) -> None:
        self.places: dict[ast.AST, set[str]] = {}
        self.local: set[str] = set()
        """What functions bind."""
        self.hidden: set[str] = set()
        """What is used in a class body that binds it: before that, it could mean a global."""
        self._around: list[tuple[bool, set[str], set[str]]] = []
        """Of each scope: whether it is a class, what it binds, and what is global in it."""

    def visit(self, node: ast.AST) -> None:
        word = node.id if isinstance(node, ast.Name) else _binds(node)
        is_class, bound, _ = self._around[-1] if self._around else (False, set[str](), set())
        if word and self._is_global(word):
            self.places[node] = bound if is_class else set()
        elif is_class and word in bound and not _binds(node):
            self.hidden.add(word)
        if isinstance(node, ast.ImportFrom) and _ours(node):
            return  # means the same wherever it stands
        if not isinstance(node, _Scope):
            self.generic_visit(node)
            return
        for one in _outside_of(node):
            self.visit(one)
        inner = list(_inside_of(node))
        bound, outer = _bound(inner)
        is_class = isinstance(node, ast.ClassDef)
        if not is_class:
            self.local |= bound
        self._around.append((is_class, bound, outer))
        for part in inner:
            if not isinstance(part, ast.arg):
                self.visit(part)
        self._around.pop()

    def _is_global(self, word: str) -> bool:
        for depth, (is_class, bound, outer) in enumerate(reversed(self._around)):
            if is_class and depth:
                continue  # what a class binds is not seen in its functions
            if word in bound | outer:
                return word in outer
        return True


def _binds(node: ast.AST) -> str:
    """The name that a node binds by itself."""
    if isinstance(node, ast.Name):
        return "" if isinstance(node.ctx, ast.Load) else node.id
    if isinstance(node, ast.alias):
        return node.asname or node.name.partition(".")[0]
    if isinstance(node, ast.arg):
        return node.arg
    return node.name or "" if isinstance(node, _Definition | ast.ExceptHandler) else ""


def _bound(nodes: list[ast.AST]) -> tuple[set[str], set[str]]:
    """The names that nodes bind in their own scope, and those that are global in it."""
    found: set[str] = set()
    outer: set[str] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        found.add(_binds(node))
        if isinstance(node, ast.Global):
            outer.update(node.names)
        elif isinstance(node, _Comprehension):
            todo += [one.target for one in ast.walk(node) if isinstance(one, ast.NamedExpr)]
        if isinstance(node, _Scope):
            todo += _outside_of(node)
        elif not (isinstance(node, ast.ImportFrom) and _ours(node)):
            todo += ast.iter_child_nodes(node)
    return found - {""}, outer


def _outside_of(node: _Scope) -> list[ast.expr]:
    """What belongs to the scope around, of a node that makes one."""
    if isinstance(node, _Comprehension):
        return [node.generators[0].iter]
    found = list(getattr(node, "decorator_list", ()))
    if isinstance(node, ast.ClassDef):
        return [*found, *node.bases, *(one.value for one in node.keywords)]
    return [*found, *node.args.defaults, *(one for one in node.args.kw_defaults if one)]


def _inside_of(node: _Scope) -> Iterator[ast.AST]:
    """What belongs to the scope that a node makes: parameters and the body."""
    if isinstance(node, _Comprehension):
        for one in ast.iter_child_nodes(node):
            yield from ast.iter_child_nodes(one) if isinstance(one, ast.comprehension) else [one]
        return
    if not isinstance(node, ast.ClassDef):
        yield from (one for one in ast.iter_child_nodes(node.args) if isinstance(one, ast.arg))
    yield from node.body if isinstance(node.body, list) else [node.body]


# What is used.


def _means(module: _Module, modules: dict[str, _Module], node: ast.AST) -> _Place | None:
    """Which global of the tree a node is."""
    if isinstance(node, ast.Attribute):
        place = _means(module, modules, node.value)
        if not place or place[1]:
            return None
        return _resolve(module, modules, place[0], node.attr)
    word = (
        (node.id if isinstance(node, ast.Name) else _binds(node)) if node in module.places else ""
    )
    if word in module.imports:
        return module.imports[word]
    return (module.name, word) if word in module.made else None


def _at_once(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes that do something when a statement is reached, not when a function is called."""
    todo = [statement]
    while todo:
        node = todo.pop()
        yield node
        todo += _outside_of(node) if isinstance(node, _Function) else ast.iter_child_nodes(node)


def _made_by(statement: ast.stmt) -> list[str]:
    """The globals that a statement makes, and "" if it does something else."""
    quiet = isinstance(statement, _Definition | ast.Assign | ast.Pass)
    for node in _at_once(statement):
        if isinstance(node, ast.Call):
            quiet = quiet and getattr(node.func, "id", "") in _PLAIN_CALLS
        elif isinstance(node, _Definition):
            quiet = quiet and _plain(node)
        elif isinstance(node, ast.Attribute | ast.Subscript | ast.NamedExpr):
            quiet = quiet and isinstance(getattr(node, "ctx", None), ast.Load)
    made = []
    if isinstance(statement, _Definition):
        made.append(statement.name)
    elif isinstance(statement, ast.Assign):
        made += [_binds(node) for one in statement.targets for node in ast.walk(one)]
    return [word for word in made if word] + ([] if quiet else [""])


def _used(modules: dict[str, _Module], bundled: list[_Module]) -> set[_Place]:
    """The globals of the bundles that something needs, beginning with what the others import."""
    todo: set[_Place] = set()
    makers: dict[_Place, set[_Place]] = {}
    for module in modules.values():
        if not module.bundle:
            todo |= {*module.imports.values()} | _uses(module, modules, module.tree)
    for module in bundled:
        for statement in module.tree.body:
            uses = _uses(module, modules, statement)
            for word in _made_by(statement):
                makers.setdefault((module.name, word), set()).update(uses)
        todo.add((module.name, ""))  # what is done in any case
        todo |= {(module.name, word) for word in module.public}
    kept: set[_Place] = set()
    while todo:
        one = todo.pop()
        if one not in kept:
            kept.add(one)
            todo |= makers.get(one, set())
    return kept


def _uses(module: _Module, modules: dict[str, _Module], piece: ast.AST) -> set[_Place]:
    found = (_means(module, modules, node) for node in ast.walk(piece))
    return {one for one in found if one}


def _give_names(bundled: list[_Module], kept: set[_Place]) -> None:
    """Give every global that is kept a short name that nothing inside of a bundle has."""
    taken: set[str] = set()
    for module in bundled:
        taken |= module.public
        words = {node.id for node in module.places if isinstance(node, ast.Name)}
        taken |= module.local | (words - module.made)
    free = free_names(taken)
    for module in bundled:
        for word in dict.fromkeys(map(_binds, module.places)):
            if (module.name, word) in kept and word in module.made - module.constants.keys():
                module.globals[word] = word if word in module.public else next(free)


# What the modules become.


class _Rewrite(ast.NodeTransformer):
    """Gives globals the names that they have in the bundle, or the values of constants."""

    def __init__(self, module: _Module, modules: dict[str, _Module]) -> None:
        self._module = module
        self._modules = modules

    def statements(self, body: Iterable[ast.stmt]) -> list[ast.stmt]:
        """What becomes of a module's statements."""
        made = (part for one in body for part in _listed(self.visit(one)))
        return [one for one in made if isinstance(one, ast.stmt) and not isinstance(one, ast.Pass)]

    def visit(self, node: ast.AST) -> ast.AST | list[ast.AST]:
        if isinstance(node, _Definition | ast.ExceptHandler) and node in self._module.places:
            node.name = self._module.globals.get(node.name or "", node.name)
        made: ast.AST | list[ast.AST] = super().visit(node)
        return made

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [self._module.globals.get(word, word) for word in node.names]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        place = _means(self._module, self._modules, node)
        return self._put(node, *place) if place else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        place = _means(self._module, self._modules, node)
        return self._put(node, *place) if place else self.generic_visit(node)

    def _put(self, node: ast.Name | ast.Attribute, origin: str, word: str) -> ast.AST:
        """What is to stand in the place of a global."""
        asks, makes = self._module, self._modules[origin]
        if not word and (asks.bundle or makes.bundle):
            raise Clash(f"{asks.name}: the module {ast.unparse(node)} is used as a value")
        loads = isinstance(node.ctx, ast.Load)
        if not loads and asks is not makes and (asks.bundle or word in makes.constants):
            raise Clash(f"{asks.name}: {word} of {origin} is changed")
        if word in makes.constants:
            return _literal(makes.constants[word])
        if not _reaches(asks, makes):
            raise Clash(f"{asks.name}: {origin}, which has {word}, is loaded only when needed")
        first: ast.expr = node
        while isinstance(first, ast.Attribute):
            first = first.value
        if asks.bundle:
            new = makes.globals[word]
            if new in asks.places[first]:
                raise Clash(f"{asks.name}: a class hides {word}, which is {new} in the bundle")
            return ast.Name(new, node.ctx)
        if isinstance(node, ast.Attribute):
            given = _means(asks, self._modules, node.value)
            package = _means(asks, self._modules, first)
            assert given and package
            if self._modules[package[0]].bundle != makes.bundle or (
                word and given[0] != origin and not makes.bundle
            ):
                raise Clash(
                    f"{asks.name}: {ast.unparse(node)} is of {origin}; import it from there"
                )
            if makes.bundle:
                return ast.Attribute(first, makes.globals[word], node.ctx)
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Constant) and node.conversion < 0 and not node.format_spec:
            return ast.Constant(str(node.value.value))  # a text in a text needs other quotes
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        if not _ours(node):
            return node
        made: dict[str, list[ast.alias]] = {}
        for alias in node.names:
            name = alias.asname or alias.name
            origin, word = self._module.imports[name]
            makes = self._modules[origin]
            if word in makes.constants:
                continue
            if makes.bundle:
                origin, word = makes.bundle, makes.globals[word] if word else ""
            if not word:
                origin, _, word = origin.rpartition(".")
            made.setdefault(origin, []).append(ast.alias(word, None if word == name else name))
        return [ast.ImportFrom(origin, names, 0) for origin, names in made.items()] or ast.Pass()


def _literal(value: int | str) -> ast.expr:
    """The expression of a value; a negative number is one with a sign."""
    return ast.parse(repr(value), mode="eval").body


def _apart(module: _Module, modules: dict[str, _Module]) -> str:
    """The text of a module that stays a file."""
    constants = [
        ast.Assign([ast.Name(word, ast.Store())], _literal(value))
        for word, value in module.constants.items()
        if not word.startswith("_") or word.startswith("__")
    ]
    rest = _Rewrite(module, modules).statements(module.tree.body)
    return _text(module.name, [*constants, *rest])


def _text(name: str, body: list[ast.stmt]) -> str:
    """The text of statements, without imports that nothing there uses."""
    used = {node.id for one in body for node in ast.walk(one) if isinstance(node, ast.Name)}
    for one in body:
        if isinstance(one, ast.Import | ast.ImportFrom):
            one.names = [alias for alias in one.names if _binds(alias) in used]
    body = [one for one in body if getattr(one, "names", True)]
    try:
        return ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + "\n"
    except ValueError as error:
        raise Clash(f"{name}: {error}") from error
