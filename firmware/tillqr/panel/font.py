"""Fonts: glyphs rasterised at build time (tools/fonts.py), read from a file when they are needed.

A font file is "TQF1", the line's height and the number of glyphs (u8, u16), then an index of 11
bytes a glyph in the order of code points, then the bitmaps: two bits a pixel, each row padded to
a byte, the leftmost pixel in the low bits (framebuf.GS2_HMSB). Numbers are big-endian.

    index entry: code point u24, offset of the bitmap from the file's start u24,
                 width u8, rows u8, left i8, top u8, advance u8

The printable ASCII characters come first and whole, so they are found without a search.
"""

import framebuf
from micropython import const

_HEADER = const(7)
_ENTRY = const(11)
_GLYPH_COST = const(160)  # of the objects around a bitmap, about
_FIRST_ASCII = const(0x20)
_ASCII = const(95)


class Font:
    """A font file kept open, with a small cache of glyphs."""

    def __init__(self, path: str, cache: int) -> None:
        """cache: bytes of glyphs to keep at most, but for the last one.

        Raises OSError if there is no such file, ValueError if it is no font.
        """
        self._file = open(path, "rb")  # noqa: SIM115  (kept open: glyphs are read when needed)
        header = self._file.read(_HEADER)
        if header[:4] != b"TQF1":
            raise ValueError("not a font: " + path)
        self.height = header[4]
        """Height of a line, in pixels."""
        self._count = header[5] << 8 | header[6]
        self._ascii = bytes(self._entry_at(index)[10] for index in range(_ASCII))
        self._cache: dict = {}
        self._cached = 0
        self._most = cache
        self.missing = 0
        """How many characters were asked for that the font does not have."""

    def advance(self, character: str) -> int:
        """Pixels from a character's origin to the next one's."""
        index = ord(character) - _FIRST_ASCII
        return self._ascii[index] if 0 <= index < _ASCII else self.glyph(character)[4]

    def width(self, text: str) -> int:
        """Pixels that a text takes."""
        return sum(self.advance(character) for character in text)

    def glyph(self, character: str) -> tuple:
        """(image, left, top, rows, advance) of a character, or of the box (U+FFFD) that stands
        for a missing one; image is a FrameBuffer, or None where there is nothing to draw."""
        found = self._cache.get(character)
        if found is None:
            found = self._load(self._known_entry(ord(character)))
            self._cache[character] = found
        return found

    def fitted(self, text: str, width: int) -> str:
        """The text, cut with an ellipsis where it is wider than `width` pixels."""
        if self.width(text) <= width:
            return text
        room = width - self.advance("…")
        kept = 0
        for character in text:
            room -= self.advance(character)
            if room < 0:
                break
            kept += 1
        return text[:kept].rstrip() + "…"

    def _load(self, entry: bytes) -> tuple:
        left = entry[8] - 256 if entry[8] > 127 else entry[8]
        width = (entry[6] + 3) // 4 * 4
        size = width // 4 * entry[7]
        image = None
        self._cached += size + _GLYPH_COST
        if self._cached > self._most:
            self._cache.clear()
            self._cached = size + _GLYPH_COST
        if size:
            bitmap = bytearray(size)
            self._file.seek(_u24(entry, 3))
            self._file.readinto(bitmap)
            image = framebuf.FrameBuffer(bitmap, width, entry[7], framebuf.GS2_HMSB)
        return (image, left, entry[9], entry[7], entry[10])

    def _known_entry(self, code_point: int) -> bytes:
        entry = self._entry(code_point)
        if entry is None:
            self.missing += 1
            entry = self._entry(0xFFFD)
            if entry is None:
                raise ValueError("the font has no box for missing characters")
        return entry

    def _entry(self, code_point: int) -> "bytes | None":
        if 0 <= code_point - _FIRST_ASCII < _ASCII:
            return self._entry_at(code_point - _FIRST_ASCII)
        low, high = _ASCII, self._count
        while low < high:
            middle = (low + high) // 2
            entry = self._entry_at(middle)
            found = _u24(entry, 0)
            if found == code_point:
                return entry
            if found < code_point:
                low = middle + 1
            else:
                high = middle
        return None

    def _entry_at(self, index: int) -> bytes:
        self._file.seek(_HEADER + _ENTRY * index)
        return self._file.read(_ENTRY)


def _u24(data: bytes, at: int) -> int:
    return data[at] << 16 | data[at + 1] << 8 | data[at + 2]
