"""A picture as half-block characters, a screen that is redrawn in place, and keys without Enter.

A character cell shows two pixels: the upper one as the colour of the half block, the lower one as
the colour behind it. That fits cells that are twice as high as wide.
"""

import contextlib
import os
import re
import shutil
import termios
import textwrap
import tty
from collections.abc import Iterator, Sequence
from typing import TextIO

from PIL import Image

HALF_BLOCK = "\N{UPPER HALF BLOCK}"
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_LOG_COLUMNS = 36
_LOG_ROWS = 4
_GAP = 2
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ENTER = "\x1b[?1049h\x1b[?25l"  # the alternate screen, no cursor
_LEAVE = "\x1b[?25h\x1b[?1049l"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"  # synchronized update: no half-drawn screens
_DISABLED = b"\0"
_Pixel = tuple[int, int, int]


# Pictures.


def fit(size: tuple[int, int], columns: int, rows: int) -> tuple[int, int]:
    """The largest size in pixels, of the same shape and no larger, for a box of character cells;
    (0, 0) if there is no room."""
    width, height = size
    scale = min(1.0, columns / width, 2 * rows / height)
    fitted = int(width * scale), int(height * scale)
    return fitted if min(fitted) > 0 else (0, 0)


def half_blocks(picture: Image.Image) -> list[str]:
    """The rows of text that show a picture, two rows of pixels each, in 24-bit colours."""
    width, height = picture.size
    data = picture.convert("RGB").tobytes()
    pixels = [(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 3)]
    lines = [pixels[at : at + width] for at in range(0, width * height, width)]
    return [
        _row(upper, lines[number + 1] if number + 1 < height else None)
        for number, upper in enumerate(lines)
        if number % 2 == 0
    ]


def _row(upper: Sequence[_Pixel], lower: Sequence[_Pixel] | None) -> str:
    """One row of text; colours are set only where they change, and reset at the end."""
    parts = []
    last: tuple[object, object] = (None, None)
    for at, front in enumerate(upper):
        back = lower[at] if lower is not None else None
        if front != last[0]:
            parts.append("\x1b[38;2;{};{};{}m".format(*front))
        if back is not None and back != last[1]:
            parts.append("\x1b[48;2;{};{};{}m".format(*back))
        parts.append(HALF_BLOCK)
        last = (front, back)
    return "".join(parts) + PLAIN


# Screens.


def visible(line: str) -> int:
    """How many columns a line takes."""
    return len(_COLOURS.sub("", line))


def rows_of(line: str, columns: int) -> int:
    """How many rows a line takes on a screen of so many columns."""
    return max(1, -(-visible(line) // columns))


def compose(
    picture: Image.Image, header: Sequence[str], log: Sequence[str], columns: int, rows: int
) -> list[str]:
    """The lines of a screen: the header, then the picture with the newest lines of the log
    beside or below it, whichever leaves the picture larger."""
    free = rows - sum(rows_of(line, columns) for line in header)
    beside = fit(picture.size, columns - _LOG_COLUMNS - _GAP, free)
    below = fit(picture.size, columns, free - _LOG_ROWS)
    room = beside if beside >= below else below
    panel = half_blocks(picture.resize(room, Image.Resampling.BOX)) if min(room) else []
    if beside >= below:
        width = columns - room[0] - _GAP if panel else columns
        body = _side_by_side(panel, room[0], _wrapped(log, width, free), free)
    else:
        body = panel + _wrapped(log, columns, free - len(panel))
    return [*header, *body]


def _wrapped(log: Sequence[str], columns: int, rows: int) -> list[str]:
    """The last rows of a log, no wider than so many columns."""
    lines = [row for line in log for row in textwrap.wrap(line, columns, subsequent_indent="  ")]
    return lines[-rows:] if rows > 0 else []


def _side_by_side(panel: list[str], width: int, log: list[str], rows: int) -> list[str]:
    empty = " " * width
    body = []
    for number in range(min(rows, max(len(panel), len(log)))):
        left = panel[number] if number < len(panel) else empty
        right = log[number] if number < len(log) else ""
        body.append(f"{left}{' ' * _GAP}{right}" if panel else right)
    return body


class Screen:
    """A terminal's screen; only the lines that changed are written again."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._shown: dict[int, str] = {}
        self._size = (0, 0)

    def __enter__(self) -> "Screen":
        self._write(_ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._write(_LEAVE)

    def draw(self, picture: Image.Image, header: Sequence[str], log: Sequence[str]) -> None:
        """Show a picture under a header with a log, scaled to the terminal as it is now."""
        size = shutil.get_terminal_size()
        lines = compose(picture, header, log, size.columns, size.lines)
        parts = [] if size == self._size else ["\x1b[2J"]
        if parts:
            self._shown = {}
        placed = place(lines, size.columns, size.lines)
        for row, line in placed.items():
            if self._shown.get(row) != line:
                parts.append(f"\x1b[{row + 1};1H{line}{_erase_rest(line, size.columns)}")
        parts += [f"\x1b[{row + 1};1H\x1b[K" for row in self._shown if row not in placed]
        self._shown, self._size = placed, size
        if parts:
            self._write(_BEGIN + "".join(parts) + _END)

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


def place(lines: Sequence[str], columns: int, rows: int) -> dict[int, str]:
    """The row that each line begins at, for those that fit on the screen whole."""
    placed = {}
    row = 0
    for line in lines:
        taken = rows_of(line, columns)
        if row + taken > rows:
            break
        placed[row] = line
        row += taken
    return placed


def _erase_rest(line: str, columns: int) -> str:
    """Erases what is right of a line; after a full row the cursor is still on its last cell."""
    length = visible(line)
    return "" if length and length % columns == 0 else "\x1b[K"


# Keys.


@contextlib.contextmanager
def single_keys(terminal: int) -> Iterator[None]:
    """Give keys at once and unseen (cbreak mode) while this lasts; Ctrl-C still interrupts.

    Ctrl-Z does nothing meanwhile: it would leave the boards running without their bench.
    """
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        mode = termios.tcgetattr(terminal)
        mode[6][termios.VSUSP] = _DISABLED
        termios.tcsetattr(terminal, termios.TCSANOW, mode)
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(terminal, termios.TCSANOW, before)


def typed(terminal: int) -> str:
    """The keys typed since; "" once the terminal is gone."""
    try:
        return os.read(terminal, 64).decode("ascii", "replace")
    except OSError:
        return ""
