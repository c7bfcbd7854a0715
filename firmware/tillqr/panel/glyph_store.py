"""The font file, kept open, and the glyphs of it that are kept: what stays when nothing is drawn.

What is in the file, font.py says.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable


class GlyphStore:
    """A font file kept open, and the memory for its glyphs that were used last."""

    def __init__(self, path: str, room: int, count: "Callable[[str], None]") -> None:
        """room: bytes of glyphs to keep, more than the largest one takes; count is called with
        "glyph_missing" for a character that a font doesn't have.

        Raises OSError if there is no such file, ValueError if it is no font.
        """
        self._file = open(path, "rb")  # noqa: SIM115  (kept open: glyphs are read when needed)
        if self._file.read(4) != b"TQF2":
            raise ValueError("not a font: " + path)
        self.count = count
        self.glyphs = bytearray(room)
        """Glyphs: width in bytes, rows, left, top, advance, then the bitmap."""
        self._places: "dict[int, int]" = {}
        self._end = 0

    def read(self, place: int, size: int) -> bytes:
        """Bytes of the file."""
        self._file.seek(place)
        return self._file.read(size)

    def lend(self) -> bytearray:
        """The memory for glyphs, to be used until the next one is asked for: they are read anew."""
        self._places.clear()
        self._end = 0
        return self.glyphs

    def kept(self, key: int) -> int:
        """Where in `glyphs` a glyph is, or -1. key: its font's size and code point."""
        return self._places.get(key, -1)

    def keep(self, key: int, entry: bytes, block: int) -> int:
        """Load the glyph of an index entry; return where in `glyphs` it is."""
        size = entry[3] * entry[4]
        if self._end + 5 + size > len(self.glyphs):
            self.lend()
        place = self._end
        self._end += 5 + size
        self.glyphs[place : place + 5] = entry[3:]
        self._file.seek(block + (entry[0] << 16 | entry[1] << 8 | entry[2]))
        self._file.readinto(memoryview(self.glyphs)[place + 5 : self._end])
        self._places[key] = place
        return place
