"""Give public names of the firmware to what costs a board nothing (tools/rom_names.py).

It comes last, when private names are short (tools/shorten.py) and so are the bundles' globals
(tools/bundle.py). What is left are attributes and methods, and the globals of modules that stay
files. Nothing says whose an attribute is; so a name becomes the same other one everywhere, and
only if it is the firmware's alone: its own code makes it, and nothing else has one of that name,
be it a built-in type, a module of MicroPython or a shim that stands for one. It stays if it is in
a text, which may be looked up, or names a parameter in a call or a module.
"""

import ast
import asyncio
import builtins
import collections.abc
import importlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from tools import rom_names

_FOREIGN = ("array", "binascii", "hashlib", "json", "os", "random", "socket", "ssl", "sys", "time")
_TYPES = (
    asyncio.StreamReader,
    asyncio.StreamWriter,
    asyncio.Task,
    asyncio.Event,
    collections.abc.Coroutine,
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Defined = _Function | ast.ClassDef


def rename(
    texts: dict[str, str], joined: Collection[str], keep: set[str], outside: Iterable[Path]
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of modules with other names, and these by the old name.

    joined: the modules whose globals have short names; keep: names that stay; outside: files whose
    names stay, as they use the firmware's and are not among the texts.
    """
    trees = {name: ast.parse(text) for name, text in texts.items()}
    apart = [node for name, tree in trees.items() if name not in joined for node in ast.walk(tree)]
    nodes = [*apart, *(node for name in joined for node in ast.walk(trees[name]))]
    words = _texts(nodes)
    at_once = {word for node in nodes for word in _at_once(node)}
    stay = words | at_once | set(_errors(nodes)) | _foreign(outside) | set(_elsewhere(nodes))
    stay |= set(rom_names.NAMES) | keep
    stay |= {part for name in texts for part in name.split(".")}
    starts = ("__", *(text for text in words if text.endswith("_")))
    made = Counter(word for node in nodes for word in _attributes(node))
    made += Counter(word for name in trees if name not in joined for word in _globals(trees[name]))
    wanted = [
        one for one, _ in made.most_common() if one not in stay and not one.startswith(starts)
    ]
    taken = {node.attr for node in nodes if isinstance(node, ast.Attribute)} | made.keys()
    taken |= at_once | set(_names(apart)) | words
    free = (word for word in rom_names.NAMES if word not in taken)
    short = dict(zip(sorted(wanted, key=lambda one: -made[one]), free, strict=False))
    for name, tree in trees.items():
        _Renamed(short, name not in joined).visit(tree)
    return {name: ast.unparse(tree) + "\n" for name, tree in trees.items()}, short


# Which names there are.


def _attributes(node: ast.AST) -> Iterator[str]:
    """The attributes that a node makes."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    for part in node.body if isinstance(node, ast.ClassDef) else ():
        yield from _bound(part)


def _globals(tree: ast.Module) -> Iterator[str]:
    """The globals that a module makes."""
    for part in tree.body:
        yield from _bound(part)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """What a statement of a module or a class gives a name."""
    if isinstance(statement, _Defined):
        yield statement.name
        return
    if isinstance(statement, ast.ImportFrom):
        yield from (alias.asname for alias in statement.names if alias.asname)
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _texts(nodes: list[ast.AST]) -> set[str]:
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and value}


def _elsewhere(nodes: list[ast.AST]) -> Iterator[str]:
    """The names of parameters in calls, of modules, and of what is imported from others."""
    for node in nodes:
        if isinstance(node, ast.keyword):
            yield node.arg or ""
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            if not (node.module or "").startswith("tillqr"):
                yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split("."))


def _names(nodes: list[ast.AST]) -> Iterator[str]:
    """Every plain name."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.ExceptHandler):
            yield node.name or ""


def _at_once(node: ast.AST) -> Iterator[str]:
    """The names that the body of a class looks up, where an attribute would hide a global."""
    for part in node.body if isinstance(node, ast.ClassDef) else ():
        outer: list[ast.AST] = [part]
        if isinstance(part, _Function):
            outer = [*part.decorator_list, *part.args.defaults]
        for one in (inner for whole in outer for inner in ast.walk(whole)):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
                yield one.id


def _errors(nodes: list[ast.AST]) -> Iterator[str]:
    """The classes of exceptions: a console and a tool call them by their names."""
    for node in (one for one in nodes if isinstance(one, ast.ClassDef)):
        for base in node.bases:
            kind = getattr(builtins, base.id, None) if isinstance(base, ast.Name) else None
            if isinstance(kind, type) and issubclass(kind, BaseException):
                yield node.name


def _foreign(outside: Iterable[Path]) -> set[str]:
    """Names that belong to others."""
    modules = [builtins, asyncio, *(importlib.import_module(name) for name in _FOREIGN)]
    found = {word for module in modules for word in dir(module)}
    for module in modules:
        for one in (*vars(module).values(), *_TYPES):
            if isinstance(one, type):
                found.update(dir(one))
    for path in outside:
        for node in ast.walk(ast.parse(path.read_text())):
            found.update(_said(node))
    return found


def _said(node: ast.AST) -> Iterator[str]:
    """What a file of others calls something that the firmware may have too; code that it sends to
    a board is in texts."""
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, _Defined):
        yield node.name
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
    elif isinstance(node, ast.Assign):
        for one in ast.walk(node.value):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield from re.findall(r"[A-Za-z_]\w*", one.value)


# What becomes of them.


class _Renamed(ast.NodeVisitor):
    """Changes the names in a tree: attributes, and plain ones too if `plain`."""

    def __init__(self, short: dict[str, str], plain: bool) -> None:
        self._short = short
        self._plain = plain

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            self._change(node, "attr")
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                self._change(part, "name")
                for target in part.targets if isinstance(part, ast.Assign) else ():
                    self._change(target, "id")
        if self._plain:
            for field in ("id", "arg", "name", "asname"):
                if not isinstance(node, ast.keyword):
                    self._change(node, field)
            if isinstance(node, ast.Global):
                node.names = [self._short.get(word, word) for word in node.names]
        self.generic_visit(node)

    def _change(self, node: ast.AST, field: str) -> None:
        word = getattr(node, field, None)
        if word in self._short:
            setattr(node, field, self._short[word])
