"""ST7789 panel over SPI (Sitronix ST7789V2 datasheet, V1.0; section numbers in brackets).

Strips of 2-bit pixels are expanded into one small buffer, through a table of the pairs of tones
(rgb444.py, rgb565.py); a frame of pixels is never in memory.
"""

import asyncio

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from types import ModuleType

    from machine import PWM, SPI, Pin

_SLPIN = const(0x10)  # [9.1.11]
_SLPOUT = const(0x11)  # [9.1.12]
_INVOFF = const(0x20)  # [9.1.15]
_INVON = const(0x21)
_DISPON = const(0x29)  # [9.1.19]
_CASET = const(0x2A)  # [9.1.20]
_RASET = const(0x2B)
_RAMWR = const(0x2C)
_MADCTL = const(0x36)  # [9.1.28]
_COLMOD = const(0x3A)
_BUFFER = const(960)  # bytes that are expanded and sent at once: 0.2 ms at 40 MHz
_FADE_STEP_MS = const(10)
_MADCTL_ROTATED = (0x00, 0x60, 0xC0, 0xA0)  # MY, MX, MV for 0, 90, 180, 270 degrees


class St7789:
    """One panel."""

    def __init__(
        self,
        spi: "SPI",
        cs: "Pin",
        dc: "Pin",
        reset: "Pin",
        backlight: "PWM",
        pixels: "ModuleType",
        offset: "tuple[int, int]",
        rotation: int,
        inverted: bool,
    ) -> None:
        """pixels: rgb444 or rgb565; offset: column and row of the glass in the controller's
        memory, as rotated; rotation: quarter turns clockwise; inverted: whether the glass
        needs INVON."""
        self._spi = spi
        self._cs = cs
        self._dc = dc
        self._reset = reset
        self._backlight = backlight
        self._pixels = pixels
        self._offset = offset
        self._rotation = rotation
        self._inverted = inverted
        self._lit = 0
        self._buffer = memoryview(bytearray(_BUFFER))
        self._parts: "dict[int, memoryview]" = {}
        self._pairs = bytearray(pixels.TABLE)
        self._palette = (-1, -1)
        self._code = bytearray(1)
        self._window = bytearray(4)

    async def start(self) -> None:
        """Reset the panel and switch it on, dark; the waits are the datasheet's [7.4.5]."""
        self._reset(0)
        await asyncio.sleep_ms(1)
        self._reset(1)
        await asyncio.sleep_ms(120)
        await self.wake()
        self._command(_COLMOD, bytes((self._pixels.COLMOD,)))
        self._command(_MADCTL, bytes((_MADCTL_ROTATED[self._rotation],)))
        self._command(_INVON if self._inverted else _INVOFF)
        self._command(_DISPON)

    async def sleep(self) -> None:
        """Go dark and stop the controller, which keeps its picture [9.1.11]."""
        await self.fade(0)
        self._command(_SLPIN)
        await asyncio.sleep_ms(120)  # before SLPOUT may come

    async def wake(self) -> None:
        """Start the controller again, dark [9.1.12]."""
        self._command(_SLPOUT)
        await asyncio.sleep_ms(120)

    async def fade(self, part: int) -> None:
        """Bring the backlight to 0 (off) to 100 (full) in at most a fifth of a second."""
        while self._lit != part:
            step = max(-5, min(5, part - self._lit))
            self._lit += step
            # The eye takes the square for even steps.
            self._backlight.duty_u16(65535 * self._lit * self._lit // 10000)
            await asyncio.sleep_ms(_FADE_STEP_MS)

    def open_window(self, left: int, top: int, right: int, bottom: int) -> None:
        """Begin a memory write of the pixels from (left, top) to before (right, bottom)."""
        column, row = self._offset
        self._command(_CASET, self._span(left + column, right + column - 1))
        self._command(_RASET, self._span(top + row, bottom + row - 1))
        self._command(_RAMWR)

    def set_palette(self, palette: "tuple[int, int]") -> None:
        """Take the four tones between two colours, paper and ink, of 24-bit RGB."""
        if palette != self._palette:
            self._palette = palette
            self._pixels.fill_table(self._pairs, palette[0], palette[1])

    def write(self, strip: bytearray, at: int, stride: int, count: int, rows: int) -> None:
        """More pixels of the window: rows of `count` bytes of four 2-bit pixels, the first one
        at strip[at], the next ones `stride` bytes on (0: the same row again)."""
        size = self._pixels.QUAD * count
        self._cs(0)
        while rows > 0:
            some = min(rows, _BUFFER // size)
            self._pixels.expand(strip, at, stride, count, some, self._buffer, self._pairs)
            self._spi.write(self._part(some * size))
            at += some * stride
            rows -= some
        self._cs(1)

    def _part(self, length: int) -> memoryview:
        """The buffer's beginning; kept, as each new slice would take memory."""
        part = self._parts.get(length)
        if part is None:
            if len(self._parts) > 7:
                self._parts.clear()
            part = self._parts[length] = self._buffer[:length]
        return part

    def _span(self, first: int, last: int) -> bytearray:
        window = self._window
        window[0], window[1] = first >> 8, first & 255
        window[2], window[3] = last >> 8, last & 255
        return window

    def _command(self, code: int, data: "bytes | bytearray" = b"") -> None:
        self._code[0] = code
        self._cs(0)
        self._dc(0)
        self._spi.write(self._code)
        self._dc(1)
        if data:
            self._spi.write(data)
        self._cs(1)
