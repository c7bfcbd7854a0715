"""The painter: makes the pixels of a picture's region, a strip of rows at a time.

The strip is two bits a pixel (framebuf.GS2_HMSB) and eight rows high: 480 bytes for 240 pixels.
"""

import asyncio

import framebuf
from micropython import const

from tillqr.panel.picture import INK, PAPER

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.panel.picture import Picture
    from tillqr.panel.st7789 import St7789
    from tillqr.qr import QrCode

_ROWS = const(8)


class Painter:
    """Keeps a panel showing pictures, sending only what changed."""

    def __init__(self, panel: "St7789", width: int) -> None:
        self._panel = panel
        self._strip = bytearray(width // 4 * _ROWS)

    async def paint(self, picture: "Picture", region: "tuple[int, int, int, int]") -> None:
        """Send the region (left, top, right, bottom) of a picture; the loop gets a turn after
        each strip."""
        left, top, right, bottom = region
        canvas = framebuf.FrameBuffer(self._strip, right - left, _ROWS, framebuf.GS2_HMSB)
        self._panel.open_window(left, top, right, bottom)
        for end, paper, ink in picture.bands:
            self._panel.set_palette(paper, ink)
            while top < min(end, bottom):
                rows = min(_ROWS, end - top, bottom - top)
                _draw(canvas, picture, left, top, right)
                self._panel.write(self._strip, (right - left) // 4 * rows)
                top += rows
                await asyncio.sleep_ms(0)


def _draw(
    canvas: framebuf.FrameBuffer, picture: "Picture", left: int, top: int, right: int
) -> None:
    """Draw what a picture has in the strip at (left, top)."""
    canvas.fill_rect(0, 0, right - left, _ROWS, PAPER)
    for x, y, end, bottom, thing, detail in picture.marks:
        if y >= top + _ROWS or bottom <= top or x >= right or end <= left:
            continue
        if thing is None:
            canvas.fill_rect(x - left, y - top, end - x, bottom - y, detail)
        elif isinstance(thing, str):
            _draw_text(canvas, x + 2 - left, y - top, right - left, thing, detail)
        else:
            _draw_code(canvas, x - left, y - top, thing, detail[0])


def _draw_text(
    canvas: framebuf.FrameBuffer, x: int, y: int, width: int, words: str, font: "Font"
) -> None:
    for character in words:
        if -_ROWS * 16 < x < width:
            image, left, top, rows, advance = font.glyph(character)
            if image is not None and -rows < y + top < _ROWS:
                canvas.blit(image, x + left, y + top, PAPER)
            x += advance
        else:
            x += font.advance(character)


def _draw_code(canvas: framebuf.FrameBuffer, x: int, y: int, symbol: "QrCode", pixels: int) -> None:
    """The rows of modules that touch the strip; runs of dark modules are one rectangle."""
    first = max(0, -y // pixels)
    for row in range(first, min(symbol.size, (_ROWS - y + pixels - 1) // pixels)):
        bits = symbol.row(row)
        start = 0
        while start < symbol.size:
            end = start
            while end < symbol.size and bits[end >> 3] << (end & 7) & 0x80:
                end += 1
            if end > start:
                width = (end - start) * pixels
                canvas.fill_rect(x + start * pixels, y + row * pixels, width, pixels, INK)
            start = end + 1
