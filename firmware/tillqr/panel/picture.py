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
MEDIUM = const(2)
INK = const(3)


class Picture:
    """Marks on bands, in the order in which they are drawn.

    A mark is (left, top, right, bottom, thing, detail): a rectangle, and in it a fill (thing
    None, detail the tone), a text (thing the str, detail the Font) or a QR symbol (thing the
    QrCode, detail the pixels a module and the code's name).
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.bands: "list[tuple]" = []
        self.marks: "list[tuple]" = []

    def begin(self, *bands: "tuple[int, int, int]") -> None:
        """Start anew with bands from the top: (rows, paper, ink), colours as 24-bit RGB.

        The last band reaches to the bottom, whatever its rows are.
        """
        self.marks.clear()
        self.bands.clear()
        end = 0
        for rows, paper, ink in bands:
            end = self.height if len(self.bands) == len(bands) - 1 else end + rows
            self.bands.append((end, paper, ink))

    def fill(self, x: int, y: int, width: int, height: int, tone: int) -> None:
        """A rectangle of one tone."""
        self.marks.append((x, y, x + width, y + height, None, tone))

    def text(self, x: int, y: int, words: str, font: "Font") -> None:
        """Text with the top of its line at (x, y)."""
        self.marks.append((x - 2, y, x + font.width(words) + 2, y + font.height, words, font))

    def text_right(self, right: int, y: int, words: str, font: "Font") -> None:
        """Text that ends at `right`."""
        self.text(right - font.width(words), y, words, font)

    def text_centre(self, y: int, words: str, font: "Font") -> None:
        """Text in the middle of the line."""
        self.text((self.width - font.width(words)) // 2, y, words, font)

    def code(self, x: int, y: int, symbol: "QrCode", pixels: int, name: str) -> None:
        """A QR symbol at `pixels` pixels a module; its quiet zone is the caller's.

        An encoder makes one symbol after another in the same object: `name` tells them apart.
        """
        size = symbol.size * pixels
        self.marks.append((x, y, x + size, y + size, symbol, (pixels, name)))

    def difference(self, shown: "Picture") -> "tuple[int, int, int, int] | None":
        """The rectangle (left, top, right, bottom) in which this differs from `shown`, or None.

        Left and right are multiples of 4, as a byte holds four pixels.
        """
        if self.bands != shown.bands:
            return (0, 0, self.width, self.height)
        left, top, right, bottom = self.width, self.height, 0, 0
        for one, other in ((self, shown), (shown, self)):
            for mark in one.marks:
                if mark not in other.marks:
                    left, top = min(left, mark[0]), min(top, mark[1])
                    right, bottom = max(right, mark[2]), max(bottom, mark[3])
        left, top = max(0, left) // 4 * 4, max(0, top)
        right, bottom = min(self.width, (right + 3) // 4 * 4), min(self.height, bottom)
        return (left, top, right, bottom) if left < right and top < bottom else None
