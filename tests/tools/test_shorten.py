"""Short names change nothing that a program does, and what would break is refused.

Two oracles: small programs run before and after, and CPython's compiler, which resolves scopes by
itself: the code of each firmware file must be the same but for names that stand for each other.
"""

import ast
import dis
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from tools import rom_names
from tools.shorten import Clash, keywords, shorten

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [
    (tree, path.relative_to(tree))
    for tree, pattern in ((ROOT / "firmware", "**/*.py"), (ROOT / "host_sim" / "shims", "*.py"))
    for path in sorted(tree.glob(pattern))
]
NAMED = keywords(
    path
    for top in ("firmware", "host_sim", "tests", "tools")
    for path in (ROOT / top).rglob("*.py")
)
CONST = "from micropython import const\n\n"

# Each one leaves what it found in `result`.
PROGRAMS = {
    "private methods and attributes": """
class Till:
    def __init__(self, start):
        self._total = start
        self._seen = []

    def add(self, amount):
        self._keep(amount)
        self._total += amount
        return self

    def _keep(self, amount):
        self._seen.append((amount, self._total))

    def both(self):
        return self._total, self._seen

result = Till(5).add(7).add(1).both()
""",
    "module functions and globals": """
_count = 0
_counted_names = []

def _note(name):
    global _count, _counted_names
    _count += 1
    _counted_names = _counted_names + [name]

def note(name):
    _note(name)
    return _count

result = [note("one"), note("two"), _count, _counted_names]
""",
    "nested functions and lambdas whose parameters shadow": """
def outer(value, other):
    def inner(value, more):
        return [value, other, more, (lambda other, more: (value, other, more))(7, 8)]
    return inner(other, value) + [value, other, (lambda value: value + other)(9)]

result = outer(1, 2)
""",
    "closures over parameters": """
def counter(start, step):
    held = [start]
    def count(times):
        held[0] += step * times
        return held[0], start
    return count

def twice(function):
    return lambda argument: function(function(argument)[0])

one, two = counter(10, 1), counter(20, 2)
result = [one(1), two(2), one(3), twice(two)(1)]
""",
    "default arguments": """
_default = 3

def area(width, height=_default, depth=lambda width: width * _default):
    return width * height * depth(width)

def nested(size):
    def inner(more, again=size):
        return more, again, size
    return inner

result = [area(2), area(2, 5), nested(4)(1), nested(4)(1, 2)]
""",
    "comprehension variables": """
def chosen(items, least):
    kept = [item for item in items if item > least]
    again = [items for items in kept]
    pairs = {least: item for least, item in enumerate(items)}
    return kept, again, pairs, items, least, sum(_one * least for _one in items)

result = chosen([1, 5, 3], 2)
""",
    "decorators": """
def _tagged(tag):
    def wrap(function):
        def called(*given):
            return tag, function(*given)
        return called
    return wrap

class Shown:
    def __init__(self, inside):
        self._inside = inside

    @property
    def inside(self):
        return self._inside

    @staticmethod
    @_tagged("static")
    def _made(inside):
        return Shown(inside).inside

    @classmethod
    def made(cls, inside):
        return cls._made(inside)

@_tagged("function")
def shown(value):
    return value

result = [shown(1), Shown.made(2)]
""",
    "class attributes": """
class _Base:
    _kind = "base"
    label = _kind + "!"

    def kind(self, kind):
        return self._kind, kind, self.label

class Special(_Base):
    _kind = "special"
    label = "a" + _Base.label

result = [_Base().kind(1), Special().kind(2), Special.label]
""",
    "any number of arguments": """
def gather(first, *others, last=0, **named):
    return first, others, last, sorted(named.items())

def passed(*given, **named):
    return gather(*given, **named)

result = [gather(1), passed(1, 2, 3, last=4, a=5, b=6)]
""",
    "text that is not ASCII on the same line": """
def greeting(customer, _sign): return "Grüße, 中文 " + customer + "€ü" + _sign + _ending(customer)
def _ending(customer): return {"é": customer, "😀": "…"}["é"] + "ß"
result = greeting("Müller", "ñ")
""",
    "names that are short already": """
def a(b, c, a):
    d = b + c
    return a, d, max(b, c), [e for e in (a, b)], _b(c)

def _b(_a):
    return _a, f, f

f = 6
result = a(1, 2, 3)
""",
    "names inside other names, over several lines": """
_a_name = 1
_a_name_again = 2

class Chain:
    def __init__(self, chain_link):
        self._link = chain_link
        self._links = [chain_link]

    def _next(
        self,
        chain_link=_a_name,
    ):
        self._links.append(
            chain_link
            + self
            ._link
        )
        return self

result = Chain(3)._next()._next(_a_name_again)._next(
)._links
""",
    "generators and coroutines": """
def _counted(first, last):
    while first < last:
        yield first
        first += 1

async def waited(value, _more):
    async def _inner(value):
        return value + _more
    return await _inner(value) + value

def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value

result = [list(_counted(1, 4)), run(waited(5, 6))]
""",
    "an error that is caught, a walrus and a deletion": """
class _Refused(ValueError):
    pass

def tried(amount, limit):
    _work = {"amount": amount}
    try:
        if (over := amount - limit) > 0:
            raise _Refused(over)
    except _Refused as error:
        return error.args, amount, limit
    del _work
    return limit, amount

result = [tried(5, 3), tried(2, 3)]
""",
}


def words(source: str) -> set[str]:
    """The names in a source, without those in strings and comments."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def ran(source: str) -> object:
    """What a program leaves in `result`."""
    space: dict[str, object] = {}
    exec(compile(source, "program", "exec"), space)
    return space["result"]


class Bare(ast.NodeTransformer):
    """Takes annotations away: they have names, and do nothing on the chip."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def compiled(source: str) -> CodeType:
    return compile(ast.fix_missing_locations(Bare().visit(ast.parse(source))), "source", "exec")


def instructions(code: CodeType) -> Iterator[tuple[str, str, object]]:
    """What code does: operation, kind of argument and argument; but for the cells, whose order
    is that of their names."""
    for one in dis.get_instructions(code):
        if one.opname in ("MAKE_CELL", "LOAD_CLOSURE"):
            continue
        if one.opcode in dis.haslocal or one.opcode in dis.hasfree:
            yield one.opname, "local", one.argval
        elif one.opcode in dis.hasname or isinstance(one.argval, str):
            yield one.opname, "name", one.argval
        else:
            yield one.opname, "value", one.argval


def check_same(
    before: CodeType, after: CodeType, short: dict[str, str], outer: dict[str, str]
) -> None:
    """Two codes must do the same: private names are as in `short`, each local name of one is one
    local name of the other; outer: those of the function around."""
    local = {name: outer[name] for name in before.co_freevars if name in outer}
    inner = []
    ones, others = list(instructions(before)), list(instructions(after))
    assert [one[:2] for one in ones] == [other[:2] for other in others], before.co_qualname
    for (operation, kind, old), (_, _, new) in zip(ones, others, strict=True):
        place = (before.co_qualname, operation, old, new)
        if isinstance(old, CodeType) and isinstance(new, CodeType):
            inner.append((old, new))
        elif kind == "local":
            assert local.setdefault(str(old), str(new)) == new, place
        elif kind == "name":
            parts = [short.get(part, part) for part in str(old).split(".")]
            assert new in (old, ".".join(parts)) and (new != old or old not in short), place
        else:
            assert old == new, place
    assert len(set(local.values())) == len(local), before.co_qualname
    for old_code, new_code in inner:
        check_same(old_code, new_code, short, local)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with another module in it."""
    (tmp_path / "part").mkdir()
    other = "class Box:\n    def __init__(self):\n        self._hidden = 1\n\n\n"
    other += "class Plain:\n    size = 1\n\n\ndef _helper():\n    pass\n"
    (tmp_path / "part" / "other.py").write_text(other)
    return tmp_path


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_the_same(name: str, root: Path) -> None:
    source = PROGRAMS[name]
    (root / "program.py").write_text(source)
    shortened, short = shorten(source, "program.py", root, keywords([root / "program.py"]))
    assert ran(shortened) == ran(source)
    assert not words(shortened) & (set(short) - set(short.values()))
    everything = {"TYPE_CHECKING": "_TYPE_CHECKING", **short}
    check_same(compiled(source), compiled(shortened), everything, {})
    assert shortened != source and shortened.count("\n") == source.count("\n")


@pytest.mark.parametrize(("tree", "path"), FILES, ids=[str(path) for _, path in FILES])
def test_a_firmware_file_does_the_same(tree: Path, path: Path) -> None:
    source = (tree / path).read_text()
    shortened, short = shorten(source, str(path), tree, NAMED)
    everything = {"TYPE_CHECKING": "_TYPE_CHECKING", **short}
    check_same(compiled(source), compiled(shortened), everything, {})
    compile(shortened, str(path), "exec")
    assert len(set(short.values())) == len(short)
    assert not set(short.values()) & (words(source) - set(short))


def test_there_are_firmware_files() -> None:
    assert len(FILES) > 40


def test_hundreds_of_names_share_nothing(root: Path) -> None:
    lines = [f"_value_{number} = {number}\n" for number in range(800)]
    source = "".join(lines) + f"result = [{', '.join(f'_value_{n}' for n in range(800))}]\n"
    shortened, short = shorten(source, "many.py", root, set())
    assert len(set(short.values())) == 800 and ran(shortened) == list(range(800))
    assert set(short.values()) > set(rom_names.NAMES)
    assert max(map(len, set(short.values()) - set(rom_names.NAMES))) <= 4


def test_a_parameter_gets_a_name_that_nothing_else_has(root: Path) -> None:
    given = ", ".join(f"argument_{number}" for number in range(40))
    source = f"def total({given}):\n    return [b, {given}]\n\nb = -1\nresult = total(*range(40))\n"
    shortened, _ = shorten(source, "many.py", root, set())
    assert ran(shortened) == [-1, *range(40)] and "argument_" not in shortened


def test_a_parameter_that_a_call_names_stays(root: Path) -> None:
    source = "def pay(amount, tip=0):\n    return amount, tip\n\nresult = pay(5, tip=1)\n"
    (root / "pay.py").write_text(source)
    assert keywords([root / "pay.py"]) == {"tip"}
    shortened, _ = shorten(source, "pay.py", root, {"tip"})
    assert ran(shortened) == (5, 1) and "tip=0" in shortened and "amount" not in shortened


def test_every_kind_of_parameter_is_shortened(root: Path) -> None:
    source = "def f(first, /, second, *third, fourth=0):\n    return lambda fifth: third\n"
    shortened, _ = shorten(source, "f.py", root, set())
    assert not words(shortened) & {"first", "second", "third", "fourth", "fifth"}


def test_beside_what_takes_any_name_parameters_stay(root: Path) -> None:
    source = "def f(first, *second, **third):\n    return first, second, third\n"
    shortened, _ = shorten(source, "f.py", root, set())
    assert words(shortened) & {"first", "second", "third"} == {"first"}


def test_self_stays(root: Path) -> None:
    source = "class One:\n    def two(self, three):\n        return self, three\n"
    shortened, _ = shorten(source, "one.py", root, set())
    assert shortened.count("self") == 2 and "three" not in shortened


def test_names_of_constants_stay(root: Path) -> None:
    source = (
        "from micropython import const\n\n_ROWS = const(8)\n_rows = _ROWS + 1\nresult = _rows\n"
    )
    shortened, short = shorten(source, "rows.py", root, set())
    assert "_ROWS = const(8)" in shortened and list(short) == ["_rows"] and ran(shortened) == 9


def test_special_names_stay(root: Path) -> None:
    source = "class One:\n    __slots__ = ()\n\n    def __len__(self):\n        return 3\n\n\n"
    source += "for _ in range(2):\n    result = len(One()), __name__, _\n"
    assert shorten(source, "one.py", root, set()) == (source, {})


def test_the_flag_of_type_checkers_becomes_private(root: Path) -> None:
    source = CONST + "TYPE_CHECKING = const(False)\nif TYPE_CHECKING:\n    1 / 0\n"
    shortened, _ = shorten(source, "flag.py", root, set())
    assert "TYPE_CHECKING" in words(source) and "TYPE_CHECKING" not in words(shortened)


@pytest.mark.parametrize(
    ("source", "thing"),
    [
        ("def peek(box):\n    return box._hidden\n", "_hidden"),
        ("def poke(box):\n    return box.lid._hidden.size\n", "_hidden"),
        ("from part.other import _helper\n", "_helper"),
        ("import part.other as other\nother._helper()\n", "_helper"),
        ("from part.other import Box\n\n\nclass Big(Box):\n    pass\n", "Big"),
        ("_size = 1\nprint(globals()['_size'])\n", "'_size'"),
        ("class One:\n    _size = 1\n\n\nprint(getattr(One, '_size'))\n", "'_size'"),
        ("def _make(_size):\n    return _size\n\n\n_make(_size=1)\n", "_size"),
        ("print(_of_nobody=1)\n", "_of_nobody"),
    ],
)
def test_what_would_break_is_refused(source: str, thing: str, root: Path) -> None:
    with pytest.raises(Clash) as refusal:
        shorten(source, "new.py", root, set())
    assert "new.py" in str(refusal.value) and thing in str(refusal.value)


@pytest.mark.parametrize(
    "source",
    [
        "from part.other import Plain\n\n\nclass Big(Plain):\n    _size = 1\n",
        "class Big:\n    def __init__(self):\n        self._hidden = 2\n",
        "import part.other\n\n\nresult = '_hidden'\n",
    ],
)
def test_what_would_not_break_is_not_refused(source: str, root: Path) -> None:
    compile(shorten(source, "new.py", root, set())[0], "new.py", "exec")
