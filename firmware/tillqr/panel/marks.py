"""What a panel shows: marks on bands. All that stays of a picture (picture.py) once it is drawn."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font

PAPER = const(0)
GREY = const(2)
INK = const(3)
OVERHANG = const(2)  # pixels that a glyph may reach beyond its advance
_COLON = const(0x3A)
_ZERO = const(0x30)
_WAVES = const(0xE010)
_PICTURES = const(4)


class Marks:
    """Marks on bands, in the order in which they are drawn.

    A mark is (left, top, right, bottom, thing, detail, tone): a rectangle, and in it a fill
    (thing None), a text (thing the str, detail the font's size), a text that changes in place
    (thing the Moving, detail the font's size) or a QR symbol (thing the QrCode, detail the pixels
    a module and the code's name).
    A band is the row before which it ends, and its palette.
    """

    def __init__(self, bands: "list[tuple]", marks: "list[tuple]") -> None:
        self.bands = bands
        self.marks = marks


class Moving:
    """A text that changes in place with each second: no screen is listed for that."""

    CHARACTERS = b""
    """What is to be at hand, so that a change takes no memory."""
    text: "bytearray | list[int]"
    """The code points that it has now."""


class Sign(Moving):
    """An icon that moves: waves that spread."""

    def __init__(self) -> None:
        self.text = [_WAVES]

    def set(self, seconds: int) -> None:
        """Show its picture of a second, one of a countdown."""
        self.text[0] = _WAVES + -seconds % _PICTURES


class Clock(Moving):
    """A countdown in minutes and seconds."""

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
