"""The painter: makes the pixels of a picture's region, a strip of rows at a time.

The strip is two bits a pixel and eight rows high: 480 bytes for 240 pixels. Rows that are all
alike, as those of a QR symbol's module row are, are drawn once and sent as often as it takes.
"""

import asyncio

from micropython import const

from tillqr.panel import raster
from tillqr.panel.font import codes
from tillqr.panel.marks import INK, OVERHANG, PAPER, Moving

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.panel.marks import Marks
    from tillqr.panel.st7789 import St7789

_ROWS = const(8)


class Painter:
    """Keeps a panel showing pictures."""

    def __init__(
        self, panel: "St7789", width: int, glyphs: bytearray, fonts: "dict[int, Font]"
    ) -> None:
        """glyphs: those of the GlyphStore that the fonts are from; fonts: by their sizes."""
        self._panel = panel
        self._stride = (width + 3) // 4
        self._strip = bytearray(self._stride * _ROWS)
        self._glyphs = glyphs
        self._fonts = fonts

    async def paint(self, picture: "Marks", region: "tuple[int, int, int, int]") -> None:
        """Send the region (left, top, right, bottom) of a picture; the loop gets a turn after
        each strip, and after each glyph that comes from the file."""
        left, top, right, bottom = region
        await self._load(picture, region)
        self._panel.open_window(left, top, right, bottom)
        while top < bottom:
            top += self._send_strip(picture, left, top, right, bottom)
            await asyncio.sleep_ms(0)

    def paint_now(self, picture: "Marks", left: int, top: int, right: int, bottom: int) -> None:
        """Send a small region at once, taking no memory if its glyphs are there."""
        self._panel.open_window(left, top, right, bottom)
        while top < bottom:
            top += self._send_strip(picture, left, top, right, bottom)

    async def _load(self, picture: "Marks", region: "tuple[int, int, int, int]") -> None:
        left, top, right, bottom = region
        for x, y, end, below, thing, size, _ in picture.marks:
            if y >= bottom or below <= top or x >= right or end <= left:
                continue
            if isinstance(thing, Moving):
                thing = thing.CHARACTERS.decode()
            if isinstance(thing, str):
                font = self._fonts[size]
                for code in codes(thing):
                    if not font.has(code):
                        font.glyph(code)
                        await asyncio.sleep_ms(0)

    def _send_strip(self, picture: "Marks", left: int, top: int, right: int, bottom: int) -> int:
        """Draw and send the rows from `top` on that can go at once; return how many."""
        for end, palette in picture.bands:  # noqa: B007
            if top < end:
                break
        bottom = min(top + _ROWS, end, bottom)
        alike = True
        for x, y, end, below, thing, detail, _ in picture.marks:
            if y >= bottom or below <= top or x >= right or end <= left:
                continue
            if isinstance(detail, tuple):  # a symbol: no further than to its next row of modules
                bottom = min(bottom, y if top < y else top + detail[0] - (top - y) % detail[0])
            elif thing is not None or y > top or below < bottom:
                alike = False
        rows = bottom - top
        first, count = left >> 2, (right - left) >> 2
        self._draw(picture, left, top, right, 1 if alike else rows)
        self._panel.set_palette(palette)
        self._panel.write(self._strip, first, 0 if alike else self._stride, count, rows)
        return rows

    def _draw(self, picture: "Marks", left: int, top: int, right: int, rows: int) -> None:
        """Draw what a picture has in the rows from `top` on into the strip."""
        strip, stride = self._strip, self._stride  # no more at once: a tuple would take memory
        first, last = left >> 2, right >> 2
        bottom = top + rows
        raster.fill(strip, stride, first, last, left, 0, right, rows, PAPER)
        for x, y, end, below, thing, detail, tone in picture.marks:
            if y >= bottom or below <= top or x >= right or end <= left:
                continue
            if thing is None:
                upper, lower = max(y, top) - top, min(below, bottom) - top
                raster.fill(strip, stride, first, last, x, upper, end, lower, tone)
            elif isinstance(thing, str):
                font = self._fonts[detail]
                self._draw_text(left, right, rows, x + OVERHANG, y - top, thing, font, tone)
            elif isinstance(thing, Moving):
                self._draw_moving(left, right, rows, x, y - top, thing.text, self._fonts[detail])
            else:
                bits = thing.row((top - y) // detail[0])
                raster.modules(strip, stride, first, last, rows, bits, thing.size, x, detail[0])

    def _draw_text(
        self,
        left: int,
        right: int,
        rows: int,
        x: int,
        y: int,
        words: str,
        font: "Font",
        tone: int,
    ) -> None:
        strip, stride, glyphs = self._strip, self._stride, self._glyphs
        for code in codes(words):
            if x >= right:
                break
            advance = font.advance(code)
            if x + 2 * advance > left:
                at = font.glyph(code)
                raster.blit(strip, stride, left >> 2, right >> 2, rows, glyphs, at, x, y, tone)
            x += advance

    def _draw_moving(  # type: ignore[no-untyped-def]
        self, left: int, right: int, rows: int, x: int, y: int, text, font: "Font"
    ) -> None:
        strip, stride, glyphs = self._strip, self._stride, self._glyphs
        for code in text:
            at = font.glyph(code)
            raster.blit(strip, stride, left >> 2, right >> 2, rows, glyphs, at, x, y, INK)
            x += font.advance(code)
