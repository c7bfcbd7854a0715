"""Join the firmware's resident modules into one: on the chip each module takes memory of its own.

A module has a dictionary, three names, and an entry for each name that it imports; a resident one
keeps them for ever. In the bundle `tillqr.resident` every global has one short name, constants
stand where they are used, and what nobody uses is left out. Modules that are loaded when they are
needed stay files, and import from the bundle.

What can't be followed is refused: a bundled module as a value, an import of one inside a function
of the bundle, a name that a class body would hide.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tools.shorten import Clash, short_names

BUNDLE = "tillqr.resident"
_PACKAGE, _, _LAST = BUNDLE.partition(".")
_CHECKING = ("TYPE_CHECKING", "_TYPE_CHECKING")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Value = int | str


@dataclass
class Bundle:
    """What became of a tree of modules."""

    source: str
    """The bundle's text."""
    others: dict[str, str]
    """The text of each module that is not in it."""
    names: list[tuple[str, str, str]]
    """(module, its global's name, the name in the bundle)"""


@dataclass
class _Module:
    """One module and what its global names are."""

    name: str
    tree: ast.Module
    package: bool
    resident: bool
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Its name for something of this tree: (module, name there; "" for the module itself)."""
    constants: dict[str, _Value] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)
    """Its own name for a global: the one in the bundle."""
    uses: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """What the statement that makes a global uses; "" is what is used in any case."""


def bundle(sources: dict[str, str], packages: set[str], on_demand: Iterable[str]) -> Bundle:
    """Join modules.

    sources: the text of each module by its dotted name; packages: which of them are packages;
    on_demand: prefixes of dotted names of modules that stay files. Raises Clash.
    """
    apart = tuple(on_demand)
    modules = {
        name: _Module(name, _strip(ast.parse(text)), name in packages, not name.startswith(apart))
        for name, text in sources.items()
    }
    modules[_PACKAGE].resident = False
    _drop_unused_methods([module.tree for module in modules.values()])
    for module in modules.values():
        _collect(module, modules)
    resident = _in_order(modules)
    kept = _used(modules, resident)
    _give_names(resident, kept)
    body: list[ast.stmt] = []
    outside: dict[str, ast.stmt] = {}
    for module in resident:
        for statement in module.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                if not _ours(statement):
                    outside[ast.unparse(statement)] = statement
            elif any((module.name, word) in kept for word in _made_by(statement)):
                body.append(_Rename(module, modules).visit(statement))
    whole = ast.Module([*outside.values(), *body], [])
    _drop_unused_imports(whole)
    others = {
        module.name: _repoint(module, modules) for module in modules.values() if not module.resident
    }
    names = [(module.name, old, new) for module in resident for old, new in module.globals.items()]
    return Bundle(ast.unparse(ast.fix_missing_locations(whole)) + "\n", others, names)


# What a module is made of.


class _Strip(ast.NodeTransformer):
    """Leaves out what the chip never sees: what is for the type checker, and words for people."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if isinstance(node.test, ast.Name) and node.test.id in _CHECKING:
            return node.orelse
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        if not node.decorator_list:  # viper's annotations mean something
            node.returns = None
            for parameter in _parameters(node):
                parameter.annotation = None
        return node


def _strip(tree: ast.Module) -> ast.Module:
    tree = _Strip().visit(tree)
    tree.body = [
        statement
        for statement in tree.body
        if not (isinstance(statement, ast.Assign) and _names_of(statement) & {*_CHECKING})
    ]
    return tree


def _drop_unused_methods(trees: list[ast.Module]) -> None:
    """Leave out methods whose names stand nowhere; a text may be one, or how some begin."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    texts = {value for value in constants if isinstance(value, str) and value}
    starts = tuple(text for text in texts if text.endswith("_"))
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            node.body = [
                one
                for one in node.body
                if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
                or one.name in named | texts
                or one.name.startswith(("__", *starts))
            ] or [ast.Pass()]


def _names_of(statement: ast.Assign) -> set[str]:
    return {node.id for target in statement.targets for node in _names(target)}


def _made_by(statement: ast.stmt) -> list[str]:
    """The globals that a statement makes; "" for one that only does something."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        found = sorted(_names_of(statement))
        plain = all(isinstance(one, ast.Name | ast.Tuple) for one in statement.targets)
        return found if plain else [""]
    return [""]


def _ours(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == _PACKAGE for alias in node.names)
    return node.level > 0 or (node.module or "").partition(".")[0] == _PACKAGE


def _origin(module: _Module, node: ast.ImportFrom) -> str:
    """The dotted name of the module that an import is from."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.package]
    return ".".join([*parts, node.module] if node.module else parts)


def _collect(module: _Module, modules: dict[str, _Module]) -> None:
    """Find a module's imports from this tree, its constants and its globals."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import) and _ours(node):
            raise Clash(f"{module.name}: write `from {_PACKAGE} import`")
        if not isinstance(node, ast.ImportFrom) or not _ours(node):
            continue
        if module.resident and node not in module.tree.body:
            raise Clash(f"{module.name}: an import inside a function of the bundle")
        for alias in node.names:
            origin, word = _origin(module, node), alias.name
            if f"{origin}.{word}" in modules:
                origin, word = f"{origin}.{word}", ""
            elif origin not in modules:
                raise Clash(f"{module.name}: there is no module {origin}")
            module.imports[alias.asname or alias.name] = (origin, word)
    written = [word for one in module.tree.body for word in _made_by(one) if word]
    changed = {
        word
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Global)
        for word in node.names
    }
    rest: list[ast.stmt] = []
    for statement in module.tree.body:
        words = _made_by(statement)
        value = getattr(statement, "value", None)
        if (
            isinstance(statement, ast.Assign)
            and len(words) == 1
            and words[0] not in changed | {""}
            and written.count(words[0]) == 1
        ):
            constant = _constant(module, value)
            if constant is not None:
                module.constants[words[0]] = constant
                continue
            if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "const":
                statement.value = value.args[0]
        rest.append(statement)
    module.tree.body = rest
    if module.resident:
        module.globals = {word: word for one in rest for word in _made_by(one) if word}


def _constant(module: _Module, node: ast.expr | None) -> _Value | None:
    """The value of a number or a text that never changes; None if it is something else."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "const":
        node = node.args[0]
    if node is None:
        return None
    known = dict(module.constants)
    if any(isinstance(one, ast.Name) and one.id not in known for one in ast.walk(node)):
        return None
    allowed = (
        ast.Constant | ast.BinOp | ast.UnaryOp | ast.Name | ast.operator | ast.unaryop | ast.Load
    )
    if not all(isinstance(one, allowed) for one in ast.walk(node)):
        return None
    value = eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}}, known)
    return value if isinstance(value, int | str) else None


def _in_order(modules: dict[str, _Module]) -> list[_Module]:
    """The resident modules, each after those that it imports."""
    order: list[_Module] = []

    def add(module: _Module, above: tuple[str, ...]) -> None:
        if module.name in above:
            raise Clash(f"{module.name} imports itself, by way of {', '.join(above)}")
        if not module.resident or module in order:
            return
        for origin, _ in module.imports.values():
            add(modules[origin], (*above, module.name))
        order.append(module)

    for module in modules.values():
        add(module, ())
    return order


def _resolve(modules: dict[str, _Module], origin: str, word: str) -> tuple[str, str]:
    """Where a name of a module is really made: it may import it itself."""
    while word and word in modules[origin].imports and word not in modules[origin].globals:
        origin, word = modules[origin].imports[word]
    return origin, word


# Which names mean which global.


class _Scopes(ast.NodeTransformer):
    """Visits every name that means a global of the module, through `found`."""

    def __init__(self) -> None:
        self._hidden: list[set[str]] = []
        self._class: list[set[str]] = []

    def found(self, node: ast.Name | ast.Attribute, word: str) -> ast.AST:
        """A place of the global `word`; returns what is to stand there."""
        raise NotImplementedError

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if any(node.id in names for names in self._hidden):
            return node
        if self._class and node.id in self._class[-1]:
            return node
        return self.found(node, node.id)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        for index, word in enumerate(node.names):
            new = self.found(ast.Name(word, ast.Store()), word)
            node.names[index] = getattr(new, "id", word)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.bases = [self.visit(base) for base in node.bases]
        node.name = self._definition(node.name)
        own = {word for one in node.body for word in _bound_by([one])}
        self._class.append(own)
        node.body = [self.visit(one) for one in node.body]
        self._class.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _definition(self, name: str) -> str:
        new = self.visit_Name(ast.Name(name, ast.Store()))
        return new.id if isinstance(new, ast.Name) else name

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        node.args.kw_defaults = [one and self.visit(one) for one in node.args.kw_defaults]
        if not self._class:
            node.name = self._definition(node.name)
        own = {one.arg for one in _parameters(node)} | _bound_by(node.body)
        self._within(own, node.body)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        before, self._class = self._class, []
        self._hidden.append({one.arg for one in _parameters(node)})
        node.body = self.visit(node.body)
        self._hidden.pop()
        self._class = before
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._comprehension(node)

    def _comprehension(self, node: ast.expr) -> ast.AST:
        targets = [one.target for one in node.generators]  # type: ignore[attr-defined]
        self._hidden.append({one.id for target in targets for one in _names(target)})
        self.generic_visit(node)
        self._hidden.pop()
        return node

    def _within(self, own: set[str], body: list[ast.stmt]) -> None:
        before, self._class = self._class, []
        self._hidden.append(own)
        made = [self.visit(one) for one in body]
        body[:] = [one for part in made for one in (part if isinstance(part, list) else [part])]
        self._hidden.pop()
        self._class = before


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Name))


def _parameters(node: _Function) -> list[ast.arg]:
    arguments = node.args
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [one for one in (arguments.vararg, arguments.kwarg) if one]


def _bound_by(body: list[ast.stmt]) -> set[str]:
    """The names that statements bind in their own scope."""
    found: set[str] = set()
    outer: set[str] = set()
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda | _COMPREHENSIONS):
            continue
        if isinstance(node, ast.ImportFrom) and _ours(node):
            continue  # means the same wherever it stands
        if isinstance(node, ast.Global | ast.Nonlocal):
            outer.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        todo.extend(ast.iter_child_nodes(node))
    return found - outer


# What is used.


class _Uses(_Scopes):
    """Collects the globals of the tree that a piece of a module uses."""

    def __init__(self, module: _Module, modules: dict[str, _Module]) -> None:
        super().__init__()
        self._module = module
        self._modules = modules
        self.uses: set[tuple[str, str]] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        word = node.value.id if isinstance(node.value, ast.Name) else ""
        origin, name = self._module.imports.get(word, ("", "-"))
        if name == "" and not any(word in names for names in self._hidden):
            self.uses.add(_resolve(self._modules, origin, node.attr))
            return node
        return self.generic_visit(node)

    def found(self, node: ast.Name | ast.Attribute, word: str) -> ast.AST:
        if word in self._module.imports:
            self.uses.add(_resolve(self._modules, *self._module.imports[word]))
        elif word in self._module.globals:
            self.uses.add((self._module.name, word))
        return node


def _used(modules: dict[str, _Module], resident: list[_Module]) -> set[tuple[str, str]]:
    """The globals of the bundle that something needs, beginning with what the others import."""
    todo: set[tuple[str, str]] = set()
    for module in modules.values():
        if not module.resident:
            for origin, word in module.imports.values():
                if word:
                    todo.add(_resolve(modules, origin, word))
            uses = _Uses(module, modules)
            uses.visit(module.tree)
            todo |= uses.uses
    makers: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for module in resident:
        for statement in module.tree.body:
            uses = _Uses(module, modules)
            uses.visit(statement)
            for word in _made_by(statement):
                makers.setdefault((module.name, word), set()).update(uses.uses)
            if _made_by(statement) == [""]:
                todo.add((module.name, ""))
    kept: set[tuple[str, str]] = set()
    while todo:
        one = todo.pop()
        if one not in kept:
            kept.add(one)
            todo |= makers.get(one, set())
    return kept


def _give_names(resident: list[_Module], kept: set[tuple[str, str]]) -> None:
    """Give every global that is kept a short name that nothing inside of the bundle binds."""
    bound: set[str] = set()
    for module in resident:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                bound |= {one.arg for one in _parameters(node)} | _bound_by(node.body)
            elif isinstance(node, ast.Lambda):
                bound |= {one.arg for one in _parameters(node)}
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound |= {node.id} - module.globals.keys()
    free = (word for word in short_names("_") if word not in bound)
    for module in resident:
        module.globals = {
            word: next(free) for word in module.globals if (module.name, word) in kept
        }


# What the modules become.


class _Rename(_Scopes):
    """Gives globals the names that they have in the bundle."""

    def __init__(self, module: _Module, modules: dict[str, _Module]) -> None:
        super().__init__()
        self._module = module
        self._modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        word = node.value.id if isinstance(node.value, ast.Name) else ""
        origin, name = self._module.imports.get(word, ("", "-"))
        if name == "" and not any(word in names for names in self._hidden):
            return self._global(node, *_resolve(self._modules, origin, node.attr))
        return self.generic_visit(node)

    def found(self, node: ast.Name | ast.Attribute, word: str) -> ast.AST:
        if word in self._module.imports:
            origin, name = _resolve(self._modules, *self._module.imports[word])
            if name == "":
                raise Clash(f"{self._module.name}: the module {word} is used as a value")
            return self._global(node, origin, name)
        if word in self._module.constants or word in self._module.globals:
            return self._global(node, self._module.name, word)
        return node

    def _global(self, node: ast.Name | ast.Attribute, origin: str, word: str) -> ast.AST:
        module = self._modules[origin]
        if word in module.constants:
            return ast.copy_location(ast.Constant(module.constants[word]), node)
        if word not in module.globals:
            raise Clash(f"{self._module.name}: {origin} has no {word}")
        new = module.globals[word]
        if self._class and new in self._class[-1]:
            raise Clash(f"{self._module.name}: a class hides {word}, which is {new} in the bundle")
        return ast.copy_location(ast.Name(new, node.ctx), node)


class _Repoint(_Scopes):
    """In a module that stays a file: what it imports from the bundle."""

    def __init__(self, module: _Module, modules: dict[str, _Module]) -> None:
        super().__init__()
        self._module = module
        self._modules = modules

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        if not _ours(node):
            return node
        made: list[ast.stmt] = []
        for alias in node.names:
            name = alias.asname or alias.name
            origin, word = _resolve(self._modules, *self._module.imports[name])
            module = self._modules[origin]
            if not module.resident:
                made.append(ast.ImportFrom(node.module, [alias], node.level))
            elif not word:
                made.append(ast.ImportFrom(_PACKAGE, [ast.alias(_LAST, name)], 0))
            elif word not in module.constants:
                made.append(ast.ImportFrom(BUNDLE, [ast.alias(module.globals[word], name)], 0))
        return made or ast.Pass()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        word = node.value.id if isinstance(node.value, ast.Name) else ""
        origin, name = self._module.imports.get(word, ("", "-"))
        if name == "" and self._modules[origin].resident:
            origin, attribute = _resolve(self._modules, origin, node.attr)
            module = self._modules[origin]
            if attribute in module.constants:
                return ast.copy_location(ast.Constant(module.constants[attribute]), node)
            node.attr = module.globals[attribute]
            return node
        return self.generic_visit(node)

    def found(self, node: ast.Name | ast.Attribute, word: str) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            return node
        origin, name = self._module.name, word
        if word in self._module.imports:
            origin, name = _resolve(self._modules, *self._module.imports[word])
        module = self._modules[origin]
        if name in module.constants and (module.resident or module is self._module):
            return ast.copy_location(ast.Constant(module.constants[name]), node)
        return node


def _repoint(module: _Module, modules: dict[str, _Module]) -> str:
    """The text of a module that stays a file."""
    bound = {one.id for one in _names(module.tree) if not isinstance(one.ctx, ast.Load)}
    bound |= {
        parameter.arg
        for node in ast.walk(module.tree)
        if isinstance(node, _Function)
        for parameter in _parameters(node)
    }
    hidden = bound & module.imports.keys()
    if hidden:
        raise Clash(f"{module.name}: {', '.join(sorted(hidden))} is imported and bound")
    tree = _Repoint(module, modules).visit(module.tree)
    constants = [
        ast.Assign([ast.Name(word, ast.Store())], ast.Constant(value))
        for word, value in module.constants.items()
        if not word.startswith("_") or word.startswith("__")
    ]
    imports = [one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    rest = [one for one in tree.body if one not in imports]
    body = [*imports, *constants, *rest]
    whole = ast.Module(body, [])
    _drop_unused_imports(whole)
    return ast.unparse(ast.fix_missing_locations(whole)) + "\n"


def _drop_unused_imports(tree: ast.Module) -> None:
    used = {one.id for one in _names(tree)}
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            statement.names = [
                alias
                for alias in statement.names
                if (alias.asname or alias.name.partition(".")[0]) in used
            ]
    tree.body = [
        one for one in tree.body if not isinstance(one, ast.Import | ast.ImportFrom) or one.names
    ]
