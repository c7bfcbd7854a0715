"""Layout: texts broken, cut and stacked so that they fit the rectangle they are given."""

from micropython import const

from tillqr.panel.font import codes
from tillqr.panel.marks import INK
from tillqr.panel.screens.common import covers, fitted

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.panel.picture import Picture

_HAN = const(0x2E80)
_STEPS = ((True, 28), (False, 16), (False, 0), (True, 22), (False, 0), (False, 0), (True, 16))
"""How texts give way: main ones or others shrink to a size, and 0 leaves one text out."""
_BLANK = const(0x20)
_ZERO_WIDTH = const(0x200B)
"""A zero width space: says where Chinese phrases end, and that the text breaks nowhere else."""
_CLOSING = "，。！？、；：）」』】》…"


def wrap(words: str, font: "Font", width: int) -> "list[str]":
    """Break a text into lines of at most `width` pixels.

    It breaks at spaces and beside Chinese characters, never before closing punctuation, or only
    where the text says so; a word that is longer than a line is broken where the line ends.
    """
    lines = []
    characters = codes(words)
    start = place = used = before = 0  # the line's first character, where it may break, pixels
    for index, code in enumerate(characters):
        if (before == _BLANK or before > 127 or code > 127) and _breaks(characters, index):
            place = index
        before = code
        used += font.advance(code)
        if used > width and index > start and code != _BLANK:
            end = place if place > start else index
            lines.append(words[start:end].rstrip())
            start = end
            while start < index and characters[start] == _BLANK:
                start += 1
            used = font.width_of(characters[start : index + 1])
    lines.append(words[start:].rstrip())
    return lines


def balanced(words: str, font: "Font", width: int) -> "list[str]":
    """Break a text into as few lines as `wrap` does, but into lines of about one length."""
    lines = wrap(words, font, width)
    count = len(lines)
    low = font.width(words) // count
    while count > 1 and width - low > font.height // 2:
        middle = (low + width) // 2
        narrower = wrap(words, font, middle)
        if len(narrower) == count and _unbroken(words, narrower):
            lines, width = narrower, middle
        else:
            low = middle
    return lines


def _breaks(characters: "bytes | list[int]", index: int) -> bool:
    """Whether a line may end before the character at `index`."""
    if index == 0:
        return False
    before, after = characters[index - 1], characters[index]
    told = not isinstance(characters, bytes) and _ZERO_WIDTH in characters
    if told or before in (_BLANK, _ZERO_WIDTH):
        return before in (_BLANK, _ZERO_WIDTH)
    return (before >= _HAN or after >= _HAN) and chr(after) not in _CLOSING and after != _BLANK


class Stack:
    """Texts one under the other, in the middle of a rectangle.

    What does not fit gives way: fonts get smaller, gaps narrower, and then what may be left out
    is. Texts that are cut all the same are counted in the picture's `cut`.
    """

    def __init__(self, picture: "Picture", left: int, top: int, right: int, bottom: int) -> None:
        self._picture = picture
        self._left, self._top, self._right, self._bottom = left, top, right, bottom
        self._items: "list[list]" = []

    def add(
        self,
        words: str,
        fonts: "tuple[Font, ...]",
        lines: int = 1,
        gap: int = 0,
        tone: int = INK,
        needed: bool = True,
        own: bool = True,
        main: bool = False,
    ) -> None:
        """Another text: at most `lines` lines in the first of `fonts` that allows it, `gap`
        pixels below the last text; `needed`: whether it must not be left out; `own`: whether it
        is the display's own, which must not be cut; `main`: whether it gives way last."""
        if words:
            item = [words, fonts, lines, gap, tone, needed, 0, (), own, main]
            self._items.append(item)
            self._break(item)

    def _break(self, item: list) -> None:
        """Take the next font that allows it, from the one in item[6] on."""
        words, fonts, most = item[0], item[1], item[2]
        width = self._right - self._left
        while True:
            font = fonts[item[6]]
            item[7] = wrap(words, font, width)
            whole = covers(font, words) and len(item[7]) <= most and _unbroken(words, item[7])
            if whole or item[6] == len(fonts) - 1:
                return
            item[6] += 1

    def _height(self) -> int:
        height = 0
        for index, item in enumerate(self._items):
            height += item[1][item[6]].height * min(item[2], len(item[7]))
            if index:
                height += item[3]
        return height

    def _shrink(self, main: bool, least: int) -> bool:
        """Make the largest of the main or of the other texts one size smaller, but not under
        `least` pixels; say whether one could be."""
        largest = 0
        for item in self._items:
            if self._can_shrink(item, main, least):
                largest = max(largest, item[1][item[6]].size)
        for item in self._items:
            if self._can_shrink(item, main, least) and item[1][item[6]].size == largest:
                item[6] += 1
                self._break(item)
        return largest > 0

    def _can_shrink(self, item: list, main: bool, least: int) -> bool:
        smaller = item[6] + 1
        return item[9] is main and smaller < len(item[1]) and item[1][smaller].size >= least

    def _leave_out(self) -> None:
        """Leave the last text out that may be."""
        for index in range(len(self._items) - 1, -1, -1):
            if not self._items[index][5]:
                self._items.pop(index)
                return

    def fits(self) -> bool:
        """Make the texts fit, by small steps first; say whether they do."""
        room = self._bottom - self._top
        while self._height() > room and any(item[3] > 2 for item in self._items):
            for item in self._items:
                item[3] = max(min(item[3], 2), item[3] // 2)
        for main, least in _STEPS:
            if self._height() > room and not least:
                self._leave_out()
            while self._height() > room and least and self._shrink(main, least):
                pass
        return self._height() <= room

    def draw(self) -> None:
        """List the texts in the picture."""
        if not self.fits():
            self._picture.cut += 1
        y = self._top + max(0, self._bottom - self._top - self._height()) // 2
        for index, item in enumerate(self._items):
            y = self._draw_item(item, y + (item[3] if index else 0))

    def _draw_item(self, item: list, y: int) -> int:
        font, lines = item[1][item[6]], item[7]
        if item[8] and (len(lines) > item[2] or not _unbroken(item[0], lines)):
            self._picture.cut += 1
        if len(lines) > item[2]:
            rest = item[0][item[0].find(lines[item[2] - 1]) :]
            lines = lines[: item[2] - 1] + [fitted(font, rest, self._right - self._left)]
        elif len(lines) > 1:
            lines = balanced(item[0], font, self._right - self._left)
        for line in lines:
            self._picture.text_centre(self._left, self._right, y, line, font, item[4])
            y += font.height
        return y


def _unbroken(words: str, lines: "list[str]") -> bool:
    """Whether no word was broken."""
    at = 0
    for line in lines:
        at = words.find(line, at) + len(line)
        if at < len(words) and words[at] != " " and not _breaks(codes(words), at):
            return False
    return True
