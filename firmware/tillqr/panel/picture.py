"""A picture as a list of marks: what the screens draw, and how two pictures differ.

No frame is ever held in memory. The panel shows one picture; a screen lists the next one; only
where the two lists differ are pixels made and sent (painter.py). A picture is cut into bands of
rows, each with a palette of four tones from its paper (0) to its ink (3), so that anti-aliased
text stands on any colour at two bits a pixel.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.qr import QrCode

PAPER = const(0)
GREY = const(2)
INK = const(3)
OVERHANG = const(2)  # pixels that a glyph may reach beyond its advance
_MOST_REGIONS = const(6)
_NARROW = const(160)
_COLON = const(0x3A)
_ZERO = const(0x30)


class Clock:
    """A countdown in minutes and seconds: a text that changes in place, so that a tick takes no
    memory."""

    CHARACTERS = b"0123456789:"

    def __init__(self) -> None:
        self.text = bytearray(b"0:00")

    def set(self, seconds: int) -> None:
        """Show a number of seconds, 0 to 599."""
        text = self.text
        text[0] = _ZERO + seconds // 60
        text[2] = _ZERO + seconds // 10 % 6
        text[3] = _ZERO + seconds % 10

    def width(self, font: "Font") -> int:
        """Pixels that it takes, whatever it shows."""
        return 3 * font.advance(_ZERO) + font.advance(_COLON)


class Picture:
    """Marks on bands, in the order in which they are drawn.

    A mark is (left, top, right, bottom, thing, detail, tone): a rectangle, and in it a fill
    (thing None), a text (thing the str, detail the Font), a countdown (thing the Clock, detail
    the Font) or a QR symbol (thing the QrCode, detail the pixels a module and the code's name).
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.bands: "list[tuple]" = []
        self.marks: "list[tuple]" = []
        self.margin = 3 if width < _NARROW else 8
        """Pixels between an edge and a text."""
        self.cut = 0
        """How many of the display's own texts did not fit as they should."""

    def begin(self, *bands: "tuple[int, tuple[int, int]]") -> None:
        """Start anew with bands from the top: (rows, (paper, ink)), colours as 24-bit RGB.

        The last band reaches to the bottom, whatever its rows are.
        """
        self.marks.clear()
        self.bands.clear()
        self.cut = 0
        end = 0
        for rows, palette in bands:
            end = self.height if len(self.bands) == len(bands) - 1 else end + rows
            self.bands.append((end, palette))

    def fill(self, x: int, y: int, width: int, height: int, tone: int) -> None:
        """A rectangle of one tone."""
        self.marks.append((x, y, x + width, y + height, None, None, tone))

    def text(self, x: int, y: int, words: str, font: "Font", tone: int = INK) -> None:
        """Text with the top of its line at (x, y)."""
        right = x + font.width(words) + OVERHANG
        self.marks.append((x - OVERHANG, y, right, y + font.height, words, font, tone))

    def text_right(self, right: int, y: int, words: str, font: "Font", tone: int = INK) -> None:
        """Text that ends at `right`."""
        self.text(right - font.width(words), y, words, font, tone)

    def text_centre(
        self, left: int, right: int, y: int, words: str, font: "Font", tone: int = INK
    ) -> None:
        """Text in the middle between `left` and `right`."""
        self.text((left + right - font.width(words)) // 2, y, words, font, tone)

    def clock(self, right: int, y: int, clock: Clock, font: "Font") -> int:
        """A countdown that ends at `right`; return where it begins."""
        left = right - clock.width(font)
        self.marks.append((left, y, right, y + font.height, clock, font, INK))
        return left

    def code(self, x: int, y: int, symbol: "QrCode", pixels: int, name: str) -> None:
        """A QR symbol at `pixels` pixels a module; its quiet zone is the caller's.

        An encoder makes one symbol after another in the same object: `name` tells them apart.
        """
        size = symbol.size * pixels
        self.marks.append((x, y, x + size, y + size, symbol, (pixels, name), INK))

    def difference(self, shown: "Picture") -> "list[tuple[int, int, int, int]]":
        """The rectangles (left, top, right, bottom) in which this differs from `shown`.

        Left and right are multiples of 4, as a byte holds four pixels; so right may be beyond
        the picture's width.
        """
        regions: "list[tuple[int, int, int, int]]" = []
        top, bottom = _other_bands(self.bands, shown.bands)
        if top < bottom:
            regions.append((0, top, (self.width + 3) // 4 * 4, min(bottom, self.height)))
        for one, other in ((self, shown), (shown, self)):
            for mark in one.marks:
                if mark not in other.marks:
                    _add(regions, self._region(mark))
        return regions

    def _region(self, mark: tuple) -> "tuple[int, int, int, int]":
        left, right = max(0, mark[0]), min(self.width, mark[2])
        top, bottom = max(0, mark[1]), min(self.height, mark[3])
        return (left // 4 * 4, top, (right + 3) // 4 * 4, bottom)


def _other_bands(bands: "list[tuple]", others: "list[tuple]") -> "tuple[int, int]":
    """The first row whose palette differs, and the one after the last."""
    if not others:
        return 0, 0xFFFF
    top, bottom, start = 0xFFFF, 0, 0
    edges = sorted([band[0] for band in bands] + [band[0] for band in others])
    for end in edges:
        if start < end and _palette(bands, start) != _palette(others, start):
            top, bottom = min(top, start), end
        start = end
    return top, bottom


def _palette(bands: "list[tuple]", row: int) -> "tuple[int, int] | None":
    for end, palette in bands:
        if row < end:
            return palette
    return None


def _add(regions: list, new: "tuple[int, int, int, int]") -> None:
    """Add a rectangle, joined with every other one that it touches or that joins it cheaply."""
    if new[0] >= new[2] or new[1] >= new[3]:
        return
    index = 0
    while index < len(regions):
        union = _union(regions[index], new)
        apart = _area(regions[index]) + _area(new)
        if _area(union) <= apart + apart // 4 or len(regions) >= _MOST_REGIONS:
            regions.pop(index)
            new, index = union, 0
        else:
            index += 1
    regions.append(new)


def _union(one: tuple, other: tuple) -> "tuple[int, int, int, int]":
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _area(region: tuple) -> int:
    return (region[2] - region[0]) * (region[3] - region[1])
