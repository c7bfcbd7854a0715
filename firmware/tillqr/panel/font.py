"""Fonts: glyphs rasterised at build time (tools/fonts), read from one file when they are needed.

The file is "TQF2", the number of sizes (u8), and 12 bytes a size: its name in pixels (u8), the
height of a line (u8), the advance of wide characters (u8, from U+2E80 on), a zero, the place of
its block (u32) and its size in bytes (u32). A block is the number of glyphs (u16), the advances of
printable ASCII (95 u8), every 128th code point (u16 each), the code points in order (u16 each), an
index of 8 bytes a glyph, and the bitmaps. Numbers are big-endian.

    index entry: place of the bitmap in the block u24, width in bytes u8, rows u8,
                 left i8, top u8, advance u8

A bitmap has two bits a pixel, the leftmost pixel in the low bits, its rows padded to bytes. The
printable ASCII characters come first and whole, so they are found without a search.
"""

from micropython import const

_SIZES = const(4)  # where the number of sizes is
_DIRECTORY = const(12)
_ENTRY = const(8)
_FIRST_ASCII = const(0x20)
_ASCII = const(95)
_WIDE = const(0x2E80)
_BOX = const(0xFFFD)
_COARSE = const(97)  # where the coarse table begins in a block
_STRIDE = const(128)  # code points between two that are kept in memory

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.glyph_store import GlyphStore


class Font:
    """One size."""

    def __init__(self, file: "GlyphStore", size: int) -> None:
        """size: in pixels; raises ValueError if the file has no such font."""
        height, wide, block = _place(file, size)
        self._file = file
        self.size = size
        """The size in pixels that it was made at."""
        self.height = height
        """Height of a line, in pixels."""
        self._wide = wide
        self._block = block
        self._head = b""

    def _table(self) -> bytes:
        """What is in the block before the code points; it is read when it is needed first."""
        if not self._head:
            count = _u16(self._file.read(self._block, 2), 0)
            size = _COARSE + (count + _STRIDE - 1) // _STRIDE * 2
            self._head = self._file.read(self._block, size)
        return self._head

    def advance(self, code: int) -> int:
        """Pixels from a character's origin to the next one's."""
        index = code - _FIRST_ASCII
        if 0 <= index < _ASCII:
            return self._table()[2 + index]
        if code >= _WIDE and code != _BOX:
            return self._wide
        return self._file.glyphs[self.glyph(code) + 4]

    def width(self, text: str) -> int:
        """Pixels that a text takes."""
        return self.width_of(codes(text))

    def width_of(self, characters: "bytes | list[int]") -> int:
        """Pixels that some characters, as `codes` gives them, take."""
        width, head = 0, self._table()
        for code in characters:
            # Most are ASCII: a call for each would take ten times as long.
            width += head[code - 30] if 32 <= code < 127 else self.advance(code)
        return width

    def glyph(self, code: int) -> int:
        """Where in the file's `glyphs` a character is, or the box (U+FFFD) for a missing one."""
        place = self._file.kept(self.size << 16 | code)
        if place >= 0:
            return place
        found = self.find(code)
        if found < 0:
            self._file.count("glyph_missing")
            found = self.find(_BOX)
        return self._file.keep(self.size << 16 | code, self._entry(found), self._block)

    def has(self, code: int) -> bool:
        """Whether drawing a character needs nothing from the file now."""
        return self._file.kept(self.size << 16 | code) >= 0

    def find(self, code: int) -> int:
        """Number of a code point's glyph, or -1."""
        index = code - _FIRST_ASCII
        if 0 <= index < _ASCII:
            return index
        head = self._table()
        first = _bisect(head, _COARSE, (len(head) - _COARSE) // 2, code) * _STRIDE
        codes = self._file.read(self._block + len(head) + 2 * first, 2 * _STRIDE)
        some = min(_STRIDE, _u16(head, 0) - first)
        at = _bisect(codes, 0, some, code)
        return first + at if _u16(codes, 2 * at) == code else -1

    def _entry(self, number: int) -> bytes:
        """The index's entry of a glyph."""
        head = self._table()
        index = self._block + len(head) + 2 * _u16(head, 0)
        return self._file.read(index + _ENTRY * number, _ENTRY)


def _place(file: "GlyphStore", size: int) -> "tuple[int, int, int]":
    """Of a size the height of a line, the advance of wide characters, and its block's place."""
    count = file.read(_SIZES, 1)[0]
    entries = file.read(_SIZES + 1, _DIRECTORY * count)
    for at in range(0, len(entries), _DIRECTORY):
        if entries[at] == size:
            return entries[at + 1], entries[at + 2], _u32(entries, at + 4)
    raise ValueError("no font of {} pixels".format(size))


def codes(text: str) -> "bytes | list[int]":
    """The code points of a text: going through a str would make one of each character."""
    data = text.encode()
    return data if len(data) == len(text) else [ord(character) for character in text]


def _bisect(codes: bytes, start: int, count: int, code: int) -> int:
    """Number of the last of `count` u16 from codes[start] on that is not over `code`; 0 if there
    is none."""
    low, high = 0, count
    while high - low > 1:
        middle = (low + high) // 2
        if _u16(codes, start + 2 * middle) <= code:
            low = middle
        else:
            high = middle
    return low


def _u16(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _u32(data: bytes, at: int) -> int:
    return _u16(data, at) << 16 | _u16(data, at + 2)
