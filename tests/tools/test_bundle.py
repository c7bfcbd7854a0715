"""Joined modules do what they did apart, and what would break is refused.

Two oracles: small programs of several modules run before and after, and CPython's compiler, which
resolves scopes by itself: in the firmware's bundle no global may be loaded that nothing stores.
"""

import ast
import builtins
import dis
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from types import CodeType, ModuleType

import pytest

from tools import rom_names
from tools.bundle import BUNDLE, Bundles, bundle
from tools.compile import ON_DEMAND, ROOT, join
from tools.shorten import Clash

MAIN = "tillqr.main"
APART = (MAIN, "tillqr.later", "tillqr.half.__init__")
_MARK = "# "
PRELUDE = "def const(value):\n    return value\n\ndef viper(function):\n    return function\n"

# Each program is several modules, each after a line with its name ("package" behind it if it is
# one). tillqr.main, what begins with tillqr.later, and the package
# tillqr.half stay files; tillqr.main leaves `result`.
PROGRAMS = {
    "aliases of modules, and names from modules": """
# tillqr.sale package
# tillqr.sale.mac
from micropython import const
KEY = const(7)
table = {"a": KEY}
def seal(text, mac=table):
    return text, mac["a"], KEY
class Box:
    mac = 3
    def mac_of(self, mac):
        return mac.KEY, self.mac
# tillqr.till
from tillqr.sale import mac
from tillqr.sale.mac import seal as close, Box
from tillqr.sale import mac as again
class Fake:
    KEY = 9
def both(size=mac.KEY):
    return mac.seal("x"), close("y"), mac.KEY + size, again.table, Box().mac_of(Fake)
def hidden(mac):
    return mac.KEY, [mac.KEY for mac in (Fake, Fake)], (lambda mac: mac.KEY)(Fake)
# tillqr.main
from tillqr import till
from tillqr.sale import mac
from tillqr.sale.mac import KEY, seal
from tillqr.till import Fake
result = [till.both(), till.hidden(Fake), mac.KEY, mac.table, mac.seal("z"), KEY, seal("w")]
""",
    "packages that import from their modules": """
# tillqr.qr package
from .encoder import Encoder as Encoder
from .encoder import SIZE as SIZE
from . import tables
from tillqr.qr.tables import row as make_row
def encode(data):
    return Encoder().encode(data), tables.row(1)
width = [9]
# tillqr.qr.encoder
from .tables import row
from . import tables
SIZE = tables.WIDTH * 2
class Encoder:
    def encode(self, data):
        return row(data), tables.row(data), SIZE
# tillqr.qr.tables
WIDTH = 4
def row(data):
    return [data] * WIDTH
# tillqr.shown
from tillqr.qr import Encoder, SIZE, make_row, encode
from tillqr import qr
def show():
    return qr.tables.row(9), qr.tables.WIDTH, shown()
def shown():
    return Encoder().encode(1), SIZE, make_row(2), encode(3), qr.SIZE, qr.make_row(4), qr.encode(5)
# tillqr.later package
from tillqr.qr import Encoder as Encoder
# tillqr.later.one
from ..qr import make_row
from .. import shown
def later():
    return make_row(6), shown.show()
# tillqr.main
from tillqr.later import Encoder
from tillqr.later.one import later
from tillqr import qr
from .shown import show
result = [show(), later(), qr.make_row(7), qr.SIZE, Encoder().encode(8), qr.tables.row(3),
    qr.tables.WIDTH, qr.width]
""",
    "a package that stays a file, while a module in it does not": """
# tillqr.half package
from .kernel import run
def both():
    return run(2), run(3)
# tillqr.half.kernel
def run(value):
    return value + 1
# tillqr.other
from tillqr.half.kernel import run
def go():
    return run(5)
# tillqr.main
from tillqr import half
from tillqr.half import both as two
from tillqr.other import go
result = [half.both(), two(), go()]
""",
    "constants of every kind": """
# tillqr.numbers
from micropython import const
ONE = const(1)
_LESS = const(-5)
FAR = const(1 << 28)
SUM = ONE + _LESS * 2
YES = True
NO = not YES
TEXT = "it's \\"so\\"\\n"
PATH = "a" + "b"
A, B = const(3), const(-4)
(C, D) = 5, "five"
RATIO = 0.5
RAW = const(b"raw")
AT = -1
BROKEN = None
def use(value=_LESS):
    return [ONE, _LESS ** 2, -_LESS, value, FAR, SUM, YES, NO, TEXT, PATH, A, B ** 2, C, D, RATIO,
        RAW, [1, 2][AT], AT.real, ONE.real, TEXT.upper(), TEXT[0], f"{ONE}{_LESS}{TEXT}{{{PATH}}}",
        f"{ONE:>{C}}|{TEXT!r}|{PATH:>4}", 2 ** _LESS, 1 - AT, BROKEN, {ONE: _LESS}, YES is True]
# tillqr.wide
from tillqr import numbers
from tillqr.numbers import A, SUM as TOTAL
from tillqr.later import LIMIT
from tillqr import later
TWICE = A * 2
def use():
    return numbers.FAR, A, TOTAL, LIMIT, TWICE, later.LIMIT, numbers.B ** 2
# tillqr.later
LIMIT = 40
_OWN = -2
__version__ = "1.0"
unused = 3
def use():
    return LIMIT, _OWN ** 2, __version__
# tillqr.later2
from tillqr.later import LIMIT, _OWN
from tillqr.numbers import TEXT
pair = LIMIT, _OWN
# tillqr.main
from tillqr import later, later2, numbers, wide
from tillqr.numbers import B, TEXT
from tillqr.later import LIMIT as most, __version__ as version
def inner():
    from tillqr.numbers import C
    return C
def quiet():
    from tillqr.numbers import D
result = [numbers.use(), wide.use(), later.use(), B ** 2, TEXT, most, version, later.LIMIT,
    later.__version__, inner(), quiet(), later2.pair, numbers.RATIO, numbers.RAW]
""",
    "globals that functions change": """
# tillqr.count
count = 0
LIMIT = 3
LOW, high = 1, 2
def higher():
    global high
    high += LOW
    return high
_names = []
def note(name):
    global count, _names
    count += 1
    _names = _names + [name]
    return count, LIMIT
def keep():
    global kept
    kept = "kept"
def hide(count):
    def again():
        global count
        count = 50
    again()
    return count
class Till:
    global made
    made = 8
    def total(self):
        global LIMIT
        LIMIT = 4
        return count, LIMIT
# tillqr.other
count = 10
kept = 1
def note():
    return count, kept
def kind():
    return LIMIT
LIMIT = 8
if count:
    LIMIT = 9
# tillqr.main
from tillqr import count, other
before = count.count
found = [count.note("a"), count.note("b"), count.count, other.note(), count._names]
count.keep()
result = [before, found, count.kept, count.hide(1), count.count, other.note(), other.kind(),
    count.Till().total(), count.note("c"), count.made,
    count.higher(), count.LOW]
""",
    "the same private names in several modules": """
# tillqr.one
_table = [1]
def _get(key):
    return _table, key
class _Held:
    _get = 1
    def get(self):
        return _get(self._get)
def get():
    return _get(1), _Held().get()
# tillqr.two
from tillqr.one import get as _a
_table = [2]
_b, _c = 3, 4
def _get(key):
    return _table, key, _a(), _c
def get(_e=5):
    _d = 6
    return _get(2), _d, _e
# tillqr.three
import json as _f
from array import array as _g
def get(json=3):
    return _f.dumps([json]), list(_g("b", [1]))
# tillqr.main
from tillqr import one, two, three
_a = "a"
_table = 3
def _get():
    return _table, _a
result = [one.get(), two.get(), three.get(), _get()]
""",
    "bodies of classes": """
# tillqr.parts
def size():
    return 2
def plain(value):
    return value
def doubled(function):
    return lambda *given: (function(*given), function(*given))
def marked(kind):
    kind.mark = "marked"
    return kind
class Meta(type):
    pass
width = 3
rows = [1, 2]
item = [5, 6]
# tillqr.shapes
from tillqr.parts import Meta, doubled, item, marked, plain, rows, size, width
from tillqr import parts
height = 4
class Base:
    area = width * height
    def size(self):
        return size(), self.area
    def other(self, given=plain(2), *, more=height):
        return given, more
@marked
@parts.marked
class Shape(Base, metaclass=Meta):
    width = 10
    names = [width for one in rows]
    pairs = [(one, height) for one in rows if one < height]
    later = lambda self: (width, height)
    class Inner:
        height = 11
        def get(self):
            return width, height, Shape.width, self.height
    @doubled
    def twice(self, width):
        class Local(Base):
            depth = width
            def get(self):
                return width, height, self.depth
        return Local().get()
    if height:
        deep = height
    else:
        deep = plain(0)
    for row in rows:
        deep += row
    del row
    item = [item for item in rows]
def kinds():
    return [Shape.mark, isinstance(Shape, Meta), Shape.names, Shape.pairs, Shape().later(),
        Shape.Inner().get(), Shape().twice(9), Shape.deep, Shape().size(), Shape().other(), item,
        Shape.item]
# tillqr.main
from tillqr.shapes import Base, Shape, kinds, height
class Mine(Shape):
    area = height
    def size(self):
        return super().size(), height
result = [kinds(), Mine().size(), Mine().other(1, more=2), Base.area]
""",
    "names that hide globals": """
# tillqr.parts
text = "text"
code = [1]
value = 5
number = 6
LIMIT = 7
def call(given):
    return given
# tillqr.hide
from tillqr.parts import LIMIT, call, code, number, text, value
from tillqr import parts
rest = "rest"
def args(text, /, code=code, *value, number=number, **call):
    return text, code, value, number, call, rest
def locals_():
    value = 1
    number: int = 2
    for code in (3, 4):
        pass
    with open("/dev/null") as text:
        text = "read"
    try:
        raise ValueError("e")
    except ValueError as call:
        error = call.args
    if (LIMIT := value + 1):
        pass
    (rest, *parts) = 1, 2, 3
    return value, number, code, text, error, LIMIT, rest, parts
def nested(value):
    def inner(number):
        nonlocal value
        value += number
        return value, LIMIT, text()
    def text():
        return 1
    class code:
        value = 3
    import json as call
    return inner(2), value, text(), call.dumps(number)
def comprehended(rows):
    kept = [value for value in rows if value < LIMIT]
    pairs = {text: number for text, number in zip(rows, kept)}
    both = {(code, value) for code in rows for value in range(code)}
    outer = [code for code in code]
    some = [last := one for one in rows]
    found = [LIMIT_ for LIMIT_ in rows if (hit := LIMIT_)]
    return kept, pairs, sorted(both), outer, some, last, found, hit, sum(value for _ in rows)
def walrus(rows):
    found = [(number := one) for one in rows]
    return found, number
def outside():
    def inner(given=(number := 3), *, more=(LIMIT := 4)):
        return given
    @(value := call)
    class Some:
        pass
    return number, LIMIT, inner(), value is call
def lambdas():
    return [(lambda value, code=value: (value, code, number))(1), (lambda *text: text)(2),
        (lambda: (number := 3) + number)(), (lambda **call: call)(a=1),
        (lambda x: [value + x for x in code])(0)]
def caught():
    try:
        return undefined
    except NameError as parts:
        return str(type(parts))
def deleted():
    number = 3
    del number
    try:
        return number
    except UnboundLocalError:
        return "unbound"
# tillqr.main
from tillqr import hide
result = [hide.args(1), hide.args(1, 2, 3, number=4, x=5), hide.locals_(), hide.nested(1),
    hide.comprehended([1, 2, 9]), hide.walrus([1, 2]), hide.lambdas(), hide.caught(),
    hide.deleted(), hide.outside()]
""",
    "statements of modules, in their order": """
# tillqr.log
lines = []
def log(line):
    lines.append(line)
    return line
# tillqr.first
from tillqr.log import lines, log
import json
log("first")
unused = log("kept as it does something")
dead = [1, 2]
held, seen = log("held"), []
seen += [held]
total = 1
total += 1
[left, *right] = [1, 2, 3]
for index in range(3):
    log(index)
else:
    log(("done", index))
while total < 5:
    total += 1
if total == 5:
    def kind():
        return "five", index
else:
    def kind():
        return "other"
try:
    json.loads("{")
except ValueError as wrong:
    log(wrong.args != ())
    reason = "reason"
else:
    reason = "none"
finally:
    log("finally")
try:
    log("tried")
finally:
    "words"
with open("/dev/null") as file:
    got = file.read()
table = {}
table["a"] = log("in table")
table.update(b=1)
del table["b"]
gone = 1
del gone
if (walrus := 3) > 2:
    log(walrus)
class Holder:
    log("in a class")
Holder.total = total
def register(function):
    log(function())
    return function
@register
def registered():
    return "registered"
log(f"{index}")
one = two = []
two.append(1)
assert log("asserted")
def get():
    return total, left, right, kind(), reason, got, table, Holder.total, one, two, index, seen
# tillqr.second
from tillqr import first, log
log.log("second")
def deleted():
    try:
        return first.kind(), gone
    except NameError:
        return "gone"
# tillqr.third
from tillqr.log import log
log("third")
def third():
    return 3
# tillqr.main
from tillqr import second
from tillqr.third import third
from tillqr.log import lines
from tillqr.first import get, one
result = [lines, get(), one, second.deleted(), third()]
""",
    "inheritance over modules": """
# tillqr.base
class Base:
    kind = "base"
    def __init__(self, value):
        self.value = value
    def get(self):
        return self.value, self.kind, self._own()
    def _own(self):
        return "base's"
    @property
    def shown(self):
        return self.value * 2
    @shown.setter
    def shown(self, value):
        self.value = value
    @staticmethod
    def made(value):
        return Base(value)
    @classmethod
    def named(cls):
        return cls.kind
    def _raw(self):
        return "raw"
    raw = property(_raw)
class Wrong(ValueError):
    def __str__(self):
        return "wrong"
# tillqr.middle
from tillqr import base
from tillqr.base import Base, Wrong
class Middle(base.Base):
    kind = "middle"
    def _own(self):
        return super()._own() + "!"
    def refuse(self):
        raise Wrong(self.kind)
# tillqr.later.top
from tillqr.middle import Middle
from tillqr.base import Wrong
class Top(Middle):
    kind = "top"
    def get(self):
        return "top", super().get()
    def tried(self):
        try:
            self.refuse()
        except Wrong as error:
            return str(error), error.args, isinstance(error, ValueError)
# tillqr.later package
# tillqr.main
from tillqr.later.top import Top
from tillqr.base import Base
top = Top(3)
before = top.shown
top.shown = 9
result = [Top(1).get(), top.tried(), before, top.value, Top.made(4).get(), Top.named(), top.raw,
    isinstance(top, Base)]
""",
    "methods that a text names": """
# tillqr.acts
class Acts:
    def __init__(self):
        self.done = []
    def do_pay(self):
        return "pay"
    def do_cancel(self):
        return "cancel"
    def exactly(self):
        return "exactly"
    def twice_now(self):
        return "twice"
    def act(self, name):
        return getattr(self, "do_" + name)(), getattr(self, "exactly")(), getattr(self, "no", 1)
    def __len__(self):
        return 3
    def __call__(self):
        return "called"
# tillqr.main
from tillqr.acts import Acts
acts = Acts()
result = [acts.act("pay"), acts.act("cancel"), len(acts), acts()]
""",
    "closures, generators, coroutines and any number of arguments": """
# tillqr.parts
step = 2
held = []
def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
class Manager:
    async def __aenter__(self):
        return step
    async def __aexit__(self, *given):
        held.append(len(given))
    def __enter__(self):
        return step
    def __exit__(self, *given):
        held.append(given)
# tillqr.work
from tillqr.parts import Manager, held, step
from tillqr import parts
def counter(start):
    total = [start]
    def count(times=step):
        total[0] += times * step
        return total[0], start
    return count
def gather(first, *others, last=step, **named):
    return first, others, last, sorted(named.items())
def passed(*given, **named):
    return gather(*given, **named)
def generated(end):
    start = 0
    while start < end:
        got = yield start + step
        start += got or 1
    yield from (step for _ in range(2))
async def waited(value):
    async def inner(step):
        return value + step
    async with Manager() as got, Manager():
        return await inner(1) + step + got
async def listed():
    async def numbers():
        yield step
    found = [one async for one in numbers()]
    async for step_ in numbers():
        found.append(step_)
    return found
def managed():
    with Manager() as step:
        return step
def deep(held):
    return lambda step: lambda: (held, step, parts.step)
# tillqr.main
from tillqr import work
from tillqr.parts import held, run
one = work.counter(5)
result = [one(), one(3), work.gather(1), work.passed(1, 2, last=3, a=4), list(work.generated(3)),
    run(work.waited(1)), run(work.listed()), work.managed(), held, work.deep(1)(2)()]
""",
    "what is for the type checker": """
# tillqr.typed
from micropython import const
import micropython
TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable
    from nowhere import Nothing
    from tillqr.view import View
else:
    flag = "else"
    TWO: int = 2
    if TYPE_CHECKING:
        from nowhere import Nothing
if not TYPE_CHECKING:
    flag += "!"
class Plain:
    "words"
class Alone:
    value: "Nothing"
class Wrong(Exception):
    '''Words.'''
class Typed:
    '''Words.'''
    count: int
    size: "int" = 3
    if TYPE_CHECKING:
        other: "Nothing"
    def get(self, view: "View", *more: "Nothing", **named: "Nothing") -> "View | None":
        '''Words.'''
        local: "Nothing"
        found: int = TWO
        self.size: int = 4
        return view, self.size, found, flag
    @property
    def shown(self) -> "Nothing":
        return self.size
    def nothing(self):
        '''Words.'''
def stub() -> "Callable":
    '''Words.'''
async def waits():
    "words"
def bodies(flag):
    if flag:
        "words"
    for one in range(2):
        other: "Nothing"
    try:
        int(flag)
    except ValueError:
        "words"
    with open("/dev/null"):
        "words"
    while not flag:
        "words"
    return "done"
@micropython.viper
def fast(first: int, second: object) -> int:
    return first + TWO
# tillqr.view
from tillqr.typed import Typed
class View:
    def get(self, typed: Typed) -> "Typed":
        return typed.get(1)
# tillqr.main
_TYPE_CHECKING = False
if _TYPE_CHECKING:
    from tillqr.nowhere import Nothing
from tillqr.view import View
from tillqr import typed
result = [View().get(typed.Typed()), typed.Typed().shown, typed.stub(), typed.Typed().nothing(),
    typed.bodies("x"), typed.fast(1, 2), typed.fast.__annotations__, typed.Plain() is None,
    typed.Alone() is None, str(typed.Wrong("e")), typed.TWO]
""",
    "imports inside of functions of modules that stay files": """
# tillqr.parts package
# tillqr.parts.face
SIZE = 5
class Face:
    def show(self):
        return SIZE
def show():
    return "shown"
# tillqr.parts.port
BUFFER = 2048
total = None
class Port:
    pass
# tillqr.later.words
word = "word"
# tillqr.later package
# tillqr.later.part
from tillqr.later.words import word as own
def get():
    from tillqr.later.words import word
    return word, own
# tillqr.main
order = []
class Holder:
    port = 5
    def face(self):
        from tillqr.parts.face import show
        return show(), self.port
def one():
    from tillqr.parts.face import Face, show
    from tillqr.parts import port
    return Face().show(), show(), port.BUFFER, port.total
def two():
    from tillqr.parts.face import Face, SIZE
    from tillqr.parts import port
    from tillqr.later.part import get
    from tillqr import later
    import json
    port.total = 8
    return Face().show(), SIZE, get(), port.Port() is None, json.dumps([port.total])
before = one()
result = [before, two(), one(), Holder().face()]
""",
}


def parsed(program: str) -> tuple[dict[str, str], set[str]]:
    """The modules of a program and which are packages."""
    sources, packages = {"tillqr": ""}, {"tillqr"}
    for part in ("\n" + program.strip("\n")).split("\n" + _MARK)[1:]:
        line, _, text = part.partition("\n")
        name, *kind = line.split()
        sources[name] = text + "\n"
        packages |= {name} if kind else set()
    return sources, packages


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from texts. A directory without __init__ is a package, as on a board."""

    def __init__(self, sources: dict[str, str], packages: set[str]) -> None:
        self._sources = sources
        self._packages = packages

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        directory = any(one.startswith(name + ".") for one in self._sources)
        if name not in self._sources and not directory:
            return None
        package = name in self._packages or directory
        return importlib.util.spec_from_loader(name, self, is_package=package)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._sources.get(module.__name__, ""), module.__name__, "exec"), vars(module))


def ran(sources: dict[str, str], packages: set[str], start: str = MAIN) -> ModuleType:
    """Import a program's modules, beginning with one; return that."""
    finder = Finder({"micropython": PRELUDE, **sources}, packages)
    before = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name.partition(".")[0] in ("tillqr", "micropython")
    }
    sys.meta_path.insert(0, finder)
    try:
        return importlib.import_module(start)
    finally:
        sys.meta_path.remove(finder)
        for name in list(sys.modules):
            if name.partition(".")[0] in ("tillqr", "micropython"):
                del sys.modules[name]
        sys.modules.update(before)


def files(made: Bundles) -> dict[str, str]:
    """The texts of what lies on a board."""
    return {**made.bundles, **made.others}


def joined(program: str) -> Bundles:
    sources, packages = parsed(program)
    return bundle(sources, packages, APART, {}, {})


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code and those inside of it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from codes(one)


def loaded(code: CodeType) -> set[str]:
    """The globals that some code reads or deletes; a class body's own names count as well."""
    found: set[str] = set()
    for one in codes(code):
        own = {each.argval for each in dis.get_instructions(one) if each.opname == "STORE_NAME"}
        for each in dis.get_instructions(one):
            mine = one is not code and each.argval in own
            if each.opname in ("LOAD_NAME", "DELETE_NAME", "LOAD_GLOBAL") and not mine:
                found.add(each.argval)
    return found - {"__name__", "__qualname__", "__module__"}


def stored(code: CodeType) -> set[str]:
    """The globals that some code makes."""
    top = {one.argval for one in dis.get_instructions(code) if one.opname == "STORE_NAME"}
    return top | {
        one.argval
        for each in codes(code)
        for one in dis.get_instructions(each)
        if one.opname == "STORE_GLOBAL"
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_the_same(name: str) -> None:
    sources, packages = parsed(PROGRAMS[name])
    made = bundle(sources, packages, APART, {}, {})
    before = ran(sources, packages)
    after = ran(files(made), packages & set(made.others))
    assert after.result == before.result and before.result
    files_of = {one: f"{one}.__init__" if one in packages else one for one in sources}
    apart = {one for one, file in files_of.items() if file.startswith(APART)}
    assert set(made.others) == {"tillqr"} | apart
    globals_ = stored(compile(made.bundles[BUNDLE], BUNDLE, "exec"))
    assert {new for *_, new in made.names} <= globals_
    assert len({new for *_, new in made.names}) == len(made.names)
    assert bundle(sources, packages, APART, {}, {}) == made


def test_nothing_is_run_when_it_is_joined() -> None:
    joined("# tillqr.a\n1 / 0\nSIZE = 1 // 0\n# tillqr.main\nfrom tillqr.a import SIZE\n")


def test_what_nobody_uses_is_left_out() -> None:
    made = joined("""
# tillqr.a
import json
import os
from micropython import const
LIMIT = const(3)
unused = {"unused": [LIMIT, bytearray(3)]}
def dead():
    return json.dumps(other_dead())
def other_dead():
    return dead()
class Dead:
    value = bytes(3)
class Used:
    def used(self):
        return os.sep, helper()
    def unused_method(self):
        return "unused"
    async def unused_wait(self):
        return "unused"
def helper():
    "Words."
    return LIMIT
# tillqr.main
from tillqr.a import Used
import binascii
result = Used().used()
""")
    assert made.bundles[BUNDLE] == (
        "import os\n\nclass aw:\n\n    def used(self):\n        return (os.sep, cb())\n\n"
        "def cb():\n    return 3\n"
    )
    assert made.others[MAIN] == "from tillqr.resident import aw as Used\nresult = Used().used()\n"
    assert made.names == [
        (BUNDLE, "tillqr.a", "Used", "aw"),
        (BUNDLE, "tillqr.a", "helper", "cb"),
    ]


@pytest.mark.parametrize(
    ("use", "kept"),
    [
        ("Some().method", True),
        ("'method'", True),
        ("'meth_'", False),
        ("'method_'", False),
        ("'the method'", False),
        ("method", False),
    ],
)
def test_a_method_that_is_named_stays(use: str, kept: bool) -> None:
    made = joined(f"""
# tillqr.a
class Some:
    def method(self):
        return 1
    def used(self):
        return 2
# tillqr.main
from tillqr.a import Some
def result(method):
    return Some().used, {use}
""")
    assert ("def method" in made.bundles[BUNDLE]) == kept


def test_methods_of_which_a_text_is_the_beginning_stay() -> None:
    made = joined("""
# tillqr.a
class Some:
    def do_pay(self):
        return 1
    def dont(self):
        return 2
# tillqr.main
from tillqr.a import Some
def result(name):
    return getattr(Some(), "do_" + name)
""")
    assert "do_pay" in made.bundles[BUNDLE] and "dont" not in made.bundles[BUNDLE]


def test_a_class_with_a_base_from_outside_keeps_what_that_may_call() -> None:
    made = joined("""
# tillqr.a
import io
class Stream(io.IOBase):
    def readinto(self, buffer):
        return 1
def registered(function):
    return function
class Other:
    @registered
    def method(self):
        return 1
# tillqr.main
from tillqr.a import Stream, Other
""")
    assert "def readinto" in made.bundles[BUNDLE] and "def method" in made.bundles[BUNDLE]


def test_numbers_and_texts_stand_where_they_are_used() -> None:
    made = joined("""
# tillqr.a
WORD = "it's"
FAR = 1.5
RAW = b"raw"
def get():
    return f"<{WORD}>", WORD, FAR, FAR, RAW, RAW, f"{RAW}{FAR}"
# tillqr.main
from tillqr.a import get
""")
    values = "(f\"<it's>\", \"it's\", aw, aw, cb, cb, f'{cb}{aw}')"
    assert made.bundles[BUNDLE] == f"aw = 1.5\ncb = b'raw'\n\ndef dt():\n    return {values}\n"


def test_private_constants_of_a_module_that_stays_a_file_are_left_out() -> None:
    made = joined("# tillqr.main\n_SIZE = 3\nSIZE = -4\n__size__ = 5\nresult = _SIZE, SIZE\n")
    assert made.others[MAIN] == "SIZE = -4\n__size__ = 5\nresult = (3, -4)\n"
    assert made.bundles[BUNDLE] == "\n"


def test_viper_keeps_its_types_and_others_do_not() -> None:
    made = joined("""
# tillqr.a
import micropython
@micropython.viper
def fast(first: ptr8, *, second: int) -> int:
    return second
class Box:
    @property
    def slow(self, first: int = 3) -> int:
        return first
# tillqr.main
from tillqr.a import fast, Box
result = Box().slow
""")
    assert "def aw(first: ptr8, *, second: int) -> int:" in made.bundles[BUNDLE]
    assert "def slow(self, first=3):" in made.bundles[BUNDLE]


def test_hundreds_of_names_share_nothing() -> None:
    lines = "".join(f"value_{number} = [{number}]\n" for number in range(800))
    hidden = "def bound(_a, *_b, **_c):\n    _d = [_e for _e in _a]\n    return _f, _d, value_0\n"
    hidden += "import math as _g\ndef taken(_h=_g):\n    return lambda _i: _i\n_f = 6\n"
    sum_ = "def all():\n    return [" + ", ".join(f"value_{n}[0]" for n in range(800)) + "]\n"
    sources = {"tillqr": "", "tillqr.a": lines + hidden + sum_}
    sources[MAIN] = "from tillqr.a import all as every, bound, taken\n"
    sources[MAIN] += "result = every(), bound([1]), taken()(2)\n"
    made = bundle(sources, {"tillqr"}, APART, {}, {})
    assert ran(files(made), {"tillqr"}).result == (list(range(800)), (6, [1], [0]), 2)
    short = {new for *_, new in made.names}
    assert len(short) == 803 and short > set(rom_names.NAMES)
    assert not short & {"_a", "_b", "_c", "_d", "_e", "_g", "_h", "_i"}
    assert max(map(len, short - set(rom_names.NAMES))) <= 4


def test_globals_share_names_with_methods() -> None:
    made = joined("""
# tillqr.a
class One:
    def aw(self):
        return two()
    def get(self):
        return self.aw()
def two():
    return 2
# tillqr.main
from tillqr.a import One
result = One().get()
""")
    assert [new for *_, new in made.names] == ["aw", "cb"]
    assert ran(files(made), {"tillqr"}).result == 2


BAD = "# tillqr.a\nimport json\nfrom tillqr import b\nfrom tillqr.b import value, Kind\n"
BAD += "NUMBER = 3\nown = [1]\n{}\n# tillqr.b\nvalue = [1]\nLIMIT = 5\nclass Kind:\n    pass\n"
BAD += "def function():\n    return value\n# tillqr.main\nfrom tillqr.a import own\n"
BAD += "from tillqr import a\n"

SEVERAL = """
# tillqr.a
LIMIT = 3
table = [1]
def get():
    return table, LIMIT
# tillqr.b
from tillqr.a import get
own = {"b": get()}
class Kind:
    size = 4
def kinds():
    return Kind.size, own, get()
# tillqr.later_face
from tillqr.a import table, LIMIT
from tillqr.b import kinds
from tillqr.later_helper import helped
_hidden = [7]
def draw(what):
    return what, table, LIMIT, helped(), kinds(), _hidden
# tillqr.later_helper
from tillqr.a import get
from tillqr.b import own
def helped():
    return get(), own
# tillqr.main
from tillqr import b
def asked():
    import sys
    __import__("tillqr.later_face", None, None, ["x"])
    return sys.modules["tillqr.later_face"].draw("it")
result = [asked(), b.kinds()]
"""
TOGETHER = {
    "tillqr.some": ("tillqr.b",),
    "tillqr.later_face": ("tillqr.later_face", "tillqr.later_helper"),
}
PUBLIC = {"tillqr.later_face": {"draw"}, "tillqr.b": {"kinds"}}


def test_several_bundles_do_the_same() -> None:
    sources, packages = parsed(SEVERAL)
    made = bundle(sources, packages, APART, TOGETHER, PUBLIC)
    assert set(made.bundles) == {BUNDLE, *TOGETHER} and set(made.others) == {"tillqr", MAIN}
    before = ran(sources, packages)
    after = ran(files(made), packages)
    assert after.result == before.result and after.result
    kept = {old: new for _, _, old, new in made.names}
    assert kept["draw"] == "draw" and kept["kinds"] != "kinds" and kept["helped"] != "helped"
    assert len(set(kept.values())) == len(made.names)


@pytest.mark.parametrize(
    ("changed", "together", "words"),
    [
        ("# tillqr.c\nfrom tillqr.b import kinds\nkinds()\n", TOGETHER, "only when needed"),
        ("", {"tillqr.a": ("tillqr.b",)}, "tillqr.a is the bundle's own name"),
        ("", {"tillqr.some": ("tillqr.nothing",)}, "there is no module tillqr.nothing"),
        (
            "# tillqr.later_c\nload('tillqr.later_helper')\n",
            TOGETHER,
            "the bundled module tillqr.later_helper is in a text",
        ),
    ],
)
def test_what_bundles_must_not_do(
    changed: str, together: dict[str, tuple[str, ...]], words: str
) -> None:
    sources, packages = parsed(SEVERAL + changed)
    with pytest.raises(Clash, match=words):
        bundle(sources, packages, APART, together, PUBLIC)


def test_a_name_that_two_bundles_keep_is_refused() -> None:
    sources, packages = parsed(SEVERAL)
    sources["tillqr.later_two"] = "from tillqr.later_face import draw as drawn\n"
    sources["tillqr.later_two"] += "def draw():\n    return drawn(1)\n"
    together = {**TOGETHER, "tillqr.later_two": ("tillqr.later_two",)}
    public = {**PUBLIC, "tillqr.later_two": {"draw"}}
    with pytest.raises(Clash, match="draw is the name of something in"):
        bundle(sources, packages, APART, together, public)


# What a resident module must not do, and what the refusal says.
REFUSED = [
    ("print(b)", "the module b is used as a value"),
    ("def f(given=b):\n    return given\nf()", "the module b is used as a value"),
    ("own.append(getattr(b, 'value'))", "the module b is used as a value"),
    ("def f():\n    from tillqr.b import function", "inside a function of the bundle"),
    ("if own:\n    from tillqr.b import function", "inside a function of the bundle"),
    ("import tillqr.b", "write `from tillqr import`"),
    ("def f():\n    import tillqr", "write `from tillqr import`"),
    ("import tillqr.b as c", "write `from tillqr import`"),
    ("from tillqr.a import own as mine", "tillqr.a imports itself, by way of tillqr.a"),
    ("from tillqr.nowhere import thing", "there is no module tillqr.nowhere"),
    ("from .nowhere import thing", "there is no module tillqr.nowhere"),
    ("from tillqr.b import thing", "tillqr.b has no thing"),
    ("from tillqr import thing", "tillqr has no thing"),
    ("from tillqr.b import *", "tillqr.b has no *"),
    ("from json import *", "takes all"),
    ("b.thing()", "tillqr.b has no thing"),
    ("b.value = 3", "value of tillqr.b is changed"),
    ("b.LIMIT += 3", "LIMIT of tillqr.b is changed"),
    ("def f():\n    b.value = 3\nf()", "value of tillqr.b is changed"),
    ("del b.value", "value of tillqr.b is changed"),
    ("value = 3", "value is imported and bound"),
    ("def value():\n    return 3", "value is imported and bound"),
    ("def f():\n    global value\n    value = 3", "value is imported and bound"),
    ("for b in own:\n    pass", "b is imported and bound"),
    ("del value", "value is imported and bound"),
    ("json = 3", "json is imported and bound"),
    ("from json import loads as value", "value is imported and bound"),
    ("from json import loads as json", "json is imported from two modules"),
    ("from tillqr.b import function as value", "value is imported from two modules"),
    ("try:\n    import ssl\nexcept ImportError:\n    ssl = None", "not at the top"),
    ("def f():\n    global ssl\n    import ssl", "not at the top"),
    ("class Some:\n    own = own", "a class hides own"),
    ("class Some:\n    value = [1]\n    value.append(2)", "a class hides value"),
    ("class Some:\n    NUMBER = NUMBER", "a class hides NUMBER"),
    (
        "class Some:\n    def aw(self):\n        pass\n    x = value, own\nSome().aw()",
        "hides value, which",
    ),
    ("print(__name__)", "__name__ is another one in the bundle"),
    ("def f():\n    return __file__", "__file__ is another one in the bundle"),
    ("own.append(globals()['own'])", "globals sees names that are changed"),
    ("eval('own')", "eval sees names that are changed"),
    ("def f():\n    return vars", "vars sees names that are changed"),
    ("def f(name):\n    return getattr(own, name)", "does not begin with a text_"),
    ("def f(name):\n    return getattr(own, 'on' + name)", "does not begin with a text_"),
    ("def f(name):\n    return getattr(own, name + '_')", "does not begin with a text_"),
    ("def f():\n    return __import__('tillqr.b')", "the bundled module tillqr.b is in a text"),
    ("print(Kind.__name__)", "Kind.__name__ is another one in the bundle"),
    ("from tillqr.later import function", "tillqr.later, which has function, is loaded only"),
    ("from tillqr import later\nprint(later.function)", "tillqr.later, which has function, is"),
    ("from tillqr import later\nprint(later)", "the module later is used as a value"),
]


@pytest.mark.parametrize(("source", "words"), REFUSED, ids=[one for one, _ in REFUSED])
def test_what_would_break_is_refused(source: str, words: str) -> None:
    sources, packages = parsed(BAD.replace("{}", source))
    sources["tillqr.later"] = "def function():\n    return 3\n"
    with pytest.raises(Clash) as refusal:
        bundle(sources, packages, APART, {}, {})
    assert words in str(refusal.value) and "tillqr." in str(refusal.value)


def test_what_is_refused_otherwise_is_joined() -> None:
    joined(BAD.replace("{}", "print(b.value, value, own, getattr(own, 'x_' + json.y, 'tillqr'))"))


APART_BAD = [
    ("print(b)", "the module b is used as a value"),
    ("def f():\n    return b", "the module b is used as a value"),
    ("b.thing()", "tillqr.b has no thing"),
    ("b.LIMIT = 3", "LIMIT of tillqr.b is changed"),
    ("later.LIMIT = 3", "LIMIT of tillqr.later is changed"),
    ("value = 3", "value is imported and bound"),
    ("def f(value):\n    return value", "value is imported and bound"),
    ("def f():\n    def b():\n        pass", "b is imported and bound"),
    ("class LIMIT:\n    pass", "LIMIT is imported and bound"),
    ("def f():\n    import json as LIMIT", "LIMIT is imported and bound"),
    ("def f():\n    for LIMIT in b.value:\n        pass", "LIMIT is imported and bound"),
    ("try:\n    pass\nexcept ValueError as LIMIT:\n    pass", "LIMIT is imported and bound"),
    ("def f():\n    return lambda value: value", "value is imported and bound"),
    ("def f():\n    from tillqr.later import value", "value is imported from two modules"),
    ("def f():\n    from tillqr.b import nothing", "tillqr.b has no nothing"),
    ("def f():\n    import tillqr.b", "write `from tillqr import`"),
    ("class Some:\n    LIMIT = LIMIT", "a class hides LIMIT"),
    ("later.held()", "later.held is of tillqr.c; import it from there"),
    ("print(later.also)", "later.also is of tillqr.later2; import it from there"),
    ("from tillqr import d\nd.later3.x()", "d.later3.x is of tillqr.d.later3; import it"),
    ("print(getattr(later, later.value[0]))", "does not begin with a text_"),
    ("print(__import__('tillqr.b'))", "the bundled module tillqr.b is in a text"),
    ("print(globals())", "globals sees names that are changed"),
    ("from tillqr.b import later as again", "tillqr.b has no later"),
]


@pytest.mark.parametrize(("source", "words"), APART_BAD, ids=[one for one, _ in APART_BAD])
def test_a_module_that_stays_a_file_is_refused_as_well(source: str, words: str) -> None:
    start = "from tillqr import b, later\nfrom tillqr.b import LIMIT, value\n"
    sources = {
        "tillqr": "",
        "tillqr.b": "value = [1]\nLIMIT = 5\n",
        "tillqr.c": "def held():\n    return 1\n",
        "tillqr.later2": "also = 1.5\n",
        "tillqr.d": "",
        "tillqr.d.later3": "def x():\n    return 1\n",
        "tillqr.later": "from tillqr.c import held\nfrom .later2 import also\nLIMIT = 6\n"
        "value = 7,\n",
        MAIN: start + "print(b.value, b.LIMIT, later.LIMIT, LIMIT, value, later, later.value)\n",
    }
    apart = (*APART, "tillqr.d.later")
    bundle(sources, {"tillqr", "tillqr.d"}, apart, {}, {})
    sources[MAIN] += source + "\n"
    with pytest.raises(Clash, match=r"tillqr\.main") as refusal:
        bundle(sources, {"tillqr", "tillqr.d"}, apart, {}, {})
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (
            "# tillqr.a\nfrom tillqr.b import x\n# tillqr.b\nfrom tillqr.a import y\nx = 1\n",
            "tillqr.a imports itself, by way of tillqr.a, tillqr.b",
        ),
        (
            "# tillqr.later\nfrom tillqr.main import x\n# tillqr.main\nfrom .later import x\n",
            "has no x",
        ),
        ("# tillqr.a\nimport json\n# tillqr.b\nimport os as json\n", "json means something else"),
        ("# tillqr.a\nfrom io import open\n# tillqr.b\nopen('x')\n", "open means something else"),
        ("# tillqr.resident\nx = 1\n", "tillqr.resident is the bundle's own name"),
        (
            "# tillqr.a\nimport json\n# tillqr.b\nfrom tillqr.a import json\n",
            "tillqr.a has no json",
        ),
    ],
)
def test_modules_that_cannot_go_together_are_refused(program: str, words: str) -> None:
    with pytest.raises(Clash) as refusal:
        joined(program)
    assert words in str(refusal.value)


@pytest.fixture(scope="module")
def firmware() -> Bundles:
    return join()[0]


def original() -> dict[str, ast.Module]:
    """The firmware's modules as they are written."""
    paths = sorted((ROOT / "firmware" / "tillqr").rglob("*.py"))
    return {str(path.relative_to(ROOT / "firmware")): ast.parse(path.read_text()) for path in paths}


VIPER = {"ptr8", "ptr16", "ptr32", "uint"}


def test_no_global_of_the_firmware_is_missing(firmware: Bundles) -> None:
    known = set(dir(builtins)) | VIPER
    texts = files(firmware)
    made = {name: stored(compile(text, name, "exec")) for name, text in texts.items()}
    for name, text in texts.items():
        assert not loaded(compile(text, name, "exec")) - made[name] - known, name
        tree = ast.parse(text)
        aliases: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tillqr"):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    if whole in firmware.bundles:
                        aliases[alias.asname or alias.name] = whole
                    elif whole not in texts:
                        assert alias.name in made[str(node.module)], (name, alias.name)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in aliases:
                taken = [
                    one.attr
                    for one in ast.walk(tree)
                    if isinstance(one, ast.Attribute) and one.value is node
                ]
                assert taken and set(taken) <= made[aliases[node.id]], name


def test_every_global_of_the_firmware_is_made_once(firmware: Bundles) -> None:
    for bundle_, text in firmware.bundles.items():
        code = compile(text, bundle_, "exec")
        top = [one.argval for one in dis.get_instructions(code) if one.opname == "STORE_NAME"]
        assert len(top) == len(set(top))
        own = {new for name, *_, new in firmware.names if name == bundle_}
        assert own <= set(top)
        imports = [one for one in ast.parse(text).body if isinstance(one, ast.Import)]
        imported = {alias.asname or alias.name for one in imports for alias in one.names}
        assert imported <= loaded(code) | own


def test_what_a_bundle_is_asked_for_keeps_its_name(firmware: Bundles) -> None:
    made = stored(compile(firmware.bundles["tillqr.nfc.talk"], "talk", "exec"))
    assert "Talk" in made and "Tunnel" not in made
    made = stored(compile(firmware.bundles["tillqr.panel.drawing"], "drawing", "exec"))
    assert "list_marks" in made and not {"Picture", "Stack"} & made


def test_every_method_of_the_firmware_that_is_named_is_there(firmware: Bundles) -> None:
    texts = [ast.parse(text) for text in files(firmware).values()]
    kept = {one.name for tree in texts for one in ast.walk(tree) if hasattr(one, "name")}
    nodes = [node for tree in texts for node in ast.walk(tree)]
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    named |= {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    starts = tuple(one for one in named if one.endswith("_") and one)
    methods = {
        one.name
        for tree in original().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not one.name.startswith("_")
    }
    assert len(methods) > 80
    assert {one for one in methods if one in named or one.startswith(starts)} <= kept


def test_the_firmware_is_joined(firmware: Bundles) -> None:
    assert len(firmware.names) > 100 and len(firmware.others) > 15
    packages = join()[1]
    apart = [f"{name}.__init__" if name in packages else name for name in firmware.others]
    assert all(name == "tillqr.__init__" or name.startswith(ON_DEMAND) for name in apart)
    assert {"tillqr.qr.penalty", "tillqr.sale.checkout"} <= {
        name for _, name, _, _ in firmware.names
    }
    cheap = set(rom_names.NAMES)
    asked = {"Talk", "Broker", "Font", "codes", "list_marks"}
    new = [one[3] for one in firmware.names]
    assert not [word for word in new if word not in cheap | asked and word[0] != "_"]
    assert sum(word in cheap for word in new) > 100
    assert "TYPE_CHECKING" not in "".join(files(firmware).values())
    assert "const(" not in "".join(files(firmware).values())
