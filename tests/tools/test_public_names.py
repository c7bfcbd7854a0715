"""Public names become others everywhere or nowhere, and programs do what they did."""

import ast
import json
from pathlib import Path

import pytest

from tools import rom_names
from tools.bundle import BUNDLE
from tools.compile import join
from tools.public_names import rename

JOINED = """
import json
class aw:
    LEAST = 3
    DOUBLE = LEAST * 2
    def __init__(self, size):
        self.height, self.drawn = size, []
        self.wished = {"height": size}
    def shown_twice(self, more=LEAST):
        self.drawn.append(more)
        return [*self.drawn, self.height, self.wished["height"], self.LEAST, self.DOUBLE]
    def do_open(self):
        return "opened"
    def carry_out(self, what):
        return getattr(self, "do_" + what)()
def cb(drawn, shown_twice=2):
    return json.dumps([drawn.shown_twice(), shown_twice])
"""
APART = """
from tillqr.resident import aw as Picture, cb as tell
LONGEST = 20
def widest(drawn, widest_of=LONGEST):
    limits = max(drawn, widest_of)
    return limits, LONGEST
def told(size, named=1):
    made = Picture(size)
    made.limits = widest(size)
    made.wide = Picture(1)
    return [tell(made), tell(made.wide), made.limits, made.carry_out("open"), named]
"""
MAIN = """
from tillqr import apart, resident
from tillqr.apart import told, LONGEST as most
def start():
    from tillqr.apart import widest
    return widest(3)
result = [told(5, named=2), start(), most, apart.widest(30), resident.aw(4).shown_twice()]
"""


def ran(texts: dict[str, str]) -> object:
    """What the main module leaves in `result`."""
    spaces: dict[str, dict] = {name: {"__name__": name} for name in texts}

    class Space:
        def __init__(self, name: str) -> None:
            self.__dict__ = spaces[name]

    class Imports(ast.NodeTransformer):
        def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
            made = []
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                value = f"_space({inner!r})"
                if inner not in spaces:
                    value = f"_space({node.module!r}).{alias.name}"
                made += ast.parse(f"{alias.asname or alias.name} = {value}").body
            return made

    for name, text in texts.items():
        tree = ast.fix_missing_locations(Imports().visit(ast.parse(text)))
        spaces[name]["_space"] = Space
        exec(compile(tree, name, "exec"), spaces[name])
    return spaces["tillqr.main"]["result"]


@pytest.fixture
def program(tmp_path: Path) -> tuple[dict[str, str], Path]:
    outside = tmp_path / "outside.py"
    outside.write_text('"""Words: drawn."""\nCODE = "import x; x.carry_out()"\nboard.wished()\n')
    return {BUNDLE: JOINED, "tillqr.apart": APART, "tillqr.main": MAIN}, outside


def test_a_program_does_the_same(program: tuple[dict[str, str], Path]) -> None:
    texts, outside = program
    after, short = rename(texts, {BUNDLE}, set(), [outside])
    assert json.dumps(ran(after)) == json.dumps(ran(texts))
    assert set(short) >= {"shown_twice", "drawn", "limits", "wide", "widest", "told", "LONGEST"}


def test_what_others_may_look_up_stays(program: tuple[dict[str, str], Path]) -> None:
    texts, outside = program
    _, short = rename(texts, {BUNDLE}, set(), [outside])
    for word in ("height", "do_open", "named", "LEAST", "carry_out", "wished", "apart", "append"):
        assert word not in short, word


def test_what_is_to_stay_stays(program: tuple[dict[str, str], Path]) -> None:
    texts, outside = program
    after, short = rename(texts, {BUNDLE}, {"widest", "limits"}, [outside])
    assert json.dumps(ran(after)) == json.dumps(ran(texts))
    assert not {"widest", "limits"} & set(short) and "told" in short


def test_the_firmware_keeps_its_names_apart() -> None:
    _, _, lines = join()
    pairs = [line.split()[1:] for line in lines if line.startswith("* ")]
    assert len(pairs) > 150
    assert {new for new, _ in pairs} <= set(rom_names.NAMES)
    assert len({new for new, _ in pairs}) == len({old for _, old in pairs}) == len(pairs)
    board = {"load", "assemble", "store", "store_ca", "on_board", "check", "has_texts", "NAMESPACE"}
    errors = {"BadSettings"}  # what is resident has its name from bundle
    stays = board | errors | {"readexactly", "isconnected", "value", "irq", "CA"}
    assert not stays & {old for _, old in pairs}
