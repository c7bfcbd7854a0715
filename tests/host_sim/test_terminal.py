"""Pictures as half blocks, the layout of a screen, and keys without Enter."""

import io
import os
import pty
import re
import termios
from collections.abc import Iterator

import pytest
from PIL import Image

from host_sim import terminal

BLOCK = terminal.HALF_BLOCK
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
TOKEN = re.compile(r"\x1b\[([0-9;]*)m|(.)")


def picture(*rows: list[tuple[int, int, int]]) -> Image.Image:
    image = Image.new("RGB", (len(rows[0]), len(rows)))
    image.putdata([pixel for row in rows for pixel in row])
    return image


def pixels_of(line: str) -> list[tuple[str, str]]:
    """The two colours of each cell, as a terminal would understand the line."""
    front = back = ""
    cells = []
    for code, letter in TOKEN.findall(line):
        if letter:
            assert letter == BLOCK
            cells.append((front, back))
        elif code.startswith("38;2;"):
            front = code[5:]
        elif code.startswith("48;2;"):
            back = code[5:]
        else:
            assert code == "0"
            front = back = ""
    return cells


def test_a_cell_shows_two_pixels() -> None:
    lines = terminal.half_blocks(picture([RED, GREEN], [BLUE, BLUE]))
    assert [pixels_of(line) for line in lines] == [
        [("255;0;0", "0;0;255"), ("0;255;0", "0;0;255")],
    ]


def test_an_odd_last_row_leaves_the_background_alone() -> None:
    lines = terminal.half_blocks(picture([RED], [RED], [GREEN]))
    assert [pixels_of(line) for line in lines] == [[("255;0;0", "255;0;0")], [("0;255;0", "")]]


def test_colours_are_written_only_where_they_change() -> None:
    (line,) = terminal.half_blocks(picture([RED] * 9, [BLUE] * 9))
    assert line == f"\x1b[38;2;255;0;0m\x1b[48;2;0;0;255m{BLOCK * 9}\x1b[0m"


@pytest.mark.parametrize(
    ("columns", "rows", "fitted"),
    [
        (240, 160, (240, 320)),
        (1000, 1000, (240, 320)),  # never enlarged
        (120, 1000, (120, 160)),
        (1000, 40, (60, 80)),
        (0, 40, (0, 0)),
        (40, -3, (0, 0)),
    ],
)
def test_fit(columns: int, rows: int, fitted: tuple[int, int]) -> None:
    assert terminal.fit((240, 320), columns, rows) == fitted


def test_rows_of_counts_what_is_seen() -> None:
    assert terminal.rows_of("", 80) == 1
    assert terminal.rows_of(f"{terminal.BOLD}{'x' * 80}{terminal.PLAIN}", 80) == 1
    assert terminal.rows_of("x" * 81, 80) == 2


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (60, 90), (40, 12), (20, 4), (1, 1)])
@pytest.mark.parametrize("shape", [(240, 320), (240, 240), (320, 240)])
def test_a_screen_fits_its_terminal(size: tuple[int, int], shape: tuple[int, int]) -> None:
    columns, rows = size
    header = ["title", "c" * 100, "keys"]
    log = [f"event {number} " + "word " * 20 for number in range(30)]
    lines = terminal.compose(Image.new("RGB", shape), header, log, columns, rows)
    assert lines[:3] == header
    taken = [terminal.rows_of(line, columns) for line in lines]
    assert sum(taken) <= max(rows, sum(taken[:3]))
    assert all(terminal.visible(line) <= columns for line in lines[3:])


def test_the_log_is_beside_a_panel_in_a_wide_terminal_and_below_in_a_narrow_one() -> None:
    panel = Image.new("RGB", (240, 320))
    wide = terminal.compose(panel, ["title"], ["old", "new"], 120, 40)
    assert wide[1].endswith("old")
    assert BLOCK in wide[1]
    narrow = terminal.compose(panel, ["title"], ["old", "new"], 40, 60)
    assert narrow[-2:] == ["old", "new"]
    assert BLOCK in narrow[-3]


def test_the_newest_events_are_seen() -> None:
    log = [f"event {number}" for number in range(100)]
    lines = terminal.compose(Image.new("RGB", (240, 320)), ["title"], log, 80, 24)
    assert lines[-1].endswith("event 99")


class Sized:
    """A screen on a terminal of a size that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.output = io.StringIO()
        self.screen = terminal.Screen(self.output)
        self._monkeypatch = monkeypatch
        self.resize(80, 24)

    def resize(self, columns: int, rows: int) -> None:
        size = os.terminal_size((columns, rows))
        self._monkeypatch.setattr("shutil.get_terminal_size", lambda: size)

    def draw(self, colour: tuple[int, int, int], *log: str) -> str:
        """What is written to draw a panel of one colour."""
        before = self.output.tell()
        self.screen.draw(Image.new("RGB", (24, 32), colour), ["title"], log)
        return self.output.getvalue()[before:]


@pytest.fixture
def sized(monkeypatch: pytest.MonkeyPatch) -> Sized:
    return Sized(monkeypatch)


def test_only_what_changed_is_written_again(sized: Sized) -> None:
    assert "title" in sized.draw(RED)
    assert sized.draw(RED) == ""
    changed = sized.draw(RED, "an event")
    assert "an event" in changed
    assert "title" not in changed
    assert changed.count("\x1b[K") == 1


def test_a_new_size_draws_all_again(sized: Sized) -> None:
    sized.draw(RED)
    sized.resize(100, 30)
    again = sized.draw(RED)
    assert "\x1b[2J" in again
    assert "title" in again


def test_rows_that_are_no_longer_used_are_erased(sized: Sized) -> None:
    sized.resize(10, 30)
    sized.draw(RED, "one", "two")
    assert sized.draw(RED, "one") == "\x1b[?2026h\x1b[10;1H\x1b[K\x1b[?2026l"


def test_a_line_that_ends_at_the_edge_is_not_erased(sized: Sized) -> None:
    sized.screen.draw(Image.new("RGB", (2, 2)), ["x" * 80, "y" * 79], [])
    written = sized.output.getvalue()
    assert f"{'x' * 80}\x1b[2;1H" in written
    assert f"{'y' * 79}\x1b[K" in written


def test_a_screen_gives_the_cursor_back() -> None:
    output = io.StringIO()
    with terminal.Screen(output):
        assert "\x1b[?25l" in output.getvalue()
    assert output.getvalue().endswith("\x1b[?25h\x1b[?1049l")


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    keyboard, side = pty.openpty()
    yield keyboard, side
    os.close(keyboard)
    os.close(side)


def test_keys_come_one_by_one_and_the_terminal_is_restored(ends: tuple[int, int]) -> None:
    keyboard, side = ends
    before = termios.tcgetattr(side)
    with terminal.single_keys(side):
        flags = termios.tcgetattr(side)[3]
        assert not flags & termios.ICANON
        assert not flags & termios.ECHO
        assert flags & termios.ISIG
        os.write(keyboard, b"q")
        assert terminal.typed(side) == "q"
    assert termios.tcgetattr(side) == before


def test_the_terminal_is_restored_after_an_error(ends: tuple[int, int]) -> None:
    before = termios.tcgetattr(ends[1])
    with pytest.raises(KeyError), terminal.single_keys(ends[1]):
        raise KeyError
    assert termios.tcgetattr(ends[1]) == before


def test_a_terminal_that_is_gone_types_nothing() -> None:
    keyboard, side = pty.openpty()
    os.close(keyboard)
    assert terminal.typed(side) == ""
    os.close(side)
