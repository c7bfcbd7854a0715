"""A picture as a list of marks: what the screens draw.

No frame is ever held in memory. The panel shows one picture; a screen lists the next one; only
where the two lists differ (difference.py) are pixels made and sent (painter.py). A picture is cut
into bands of rows, each with a palette of four tones from its paper (0) to its ink (3), so that
anti-aliased text stands on any colour at two bits a pixel.
"""

from micropython import const

from tillqr.panel.marks import INK, OVERHANG, Marks

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.panel.marks import Clock
    from tillqr.qr import QrCode

_NARROW = const(160)


class Picture(Marks):
    """Marks as they are listed."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__([], [])
        self.width = width
        self.height = height
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
        self.marks.append((x - OVERHANG, y, right, y + font.height, words, font.size, tone))

    def text_right(self, right: int, y: int, words: str, font: "Font", tone: int = INK) -> None:
        """Text that ends at `right`."""
        self.text(right - font.width(words), y, words, font, tone)

    def text_centre(
        self, left: int, right: int, y: int, words: str, font: "Font", tone: int = INK
    ) -> None:
        """Text in the middle between `left` and `right`."""
        self.text((left + right - font.width(words)) // 2, y, words, font, tone)

    def clock(self, right: int, y: int, clock: "Clock", font: "Font") -> int:
        """A countdown that ends at `right`; return where it begins."""
        left = right - clock.width(font)
        self.marks.append((left, y, right, y + font.height, clock, font.size, INK))
        return left

    def code(self, x: int, y: int, symbol: "QrCode", pixels: int, name: str) -> None:
        """A QR symbol at `pixels` pixels a module; its quiet zone is the caller's.

        An encoder makes one symbol after another in the same object: `name` tells them apart.
        """
        size = symbol.size * pixels
        self.marks.append((x, y, x + size, y + size, symbol, (pixels, name), INK))
