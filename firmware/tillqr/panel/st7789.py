"""ST7789 panel over SPI (Sitronix ST7789V2 datasheet, V1.0; section numbers in brackets).

Pixels go out at 12 bits, two in three bytes (COLMOD 53h [9.1.32]): a quarter less on the wire
than RGB565. Strips of 2-bit pixels are expanded into one small buffer.
"""

import asyncio

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from machine import PWM, SPI, Pin

_SLPOUT = const(0x11)  # [9.1.12]
_INVOFF = const(0x20)  # [9.1.15]
_INVON = const(0x21)
_DISPON = const(0x29)  # [9.1.19]
_CASET = const(0x2A)  # [9.1.20]
_RASET = const(0x2B)
_RAMWR = const(0x2C)
_MADCTL = const(0x36)  # [9.1.28]
_COLMOD = const(0x3A)
_12_BIT = const(0x53)
_AT_ONCE = const(240)  # bytes of four pixels that are expanded and sent at once
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
        offset: "tuple[int, int]",
        rotation: int,
        inverted: bool,
    ) -> None:
        """offset: column and row of the glass in the controller's memory, as rotated;
        rotation: quarter turns clockwise; inverted: whether the glass needs INVON."""
        self._spi = spi
        self._cs = cs
        self._dc = dc
        self._reset = reset
        self._backlight = backlight
        self._offset = offset
        self._rotation = rotation
        self._inverted = inverted
        self._buffer = bytearray(6 * _AT_ONCE)
        self._pairs = bytearray(48)
        self._window = bytearray(4)

    async def start(self) -> None:
        """Reset the panel and switch it on, dark; the waits are the datasheet's [7.4.5]."""
        self._reset(0)
        await asyncio.sleep_ms(1)
        self._reset(1)
        await asyncio.sleep_ms(120)
        self._command(_SLPOUT)
        await asyncio.sleep_ms(120)
        self._command(_COLMOD, bytes((_12_BIT,)))
        self._command(_MADCTL, bytes((_MADCTL_ROTATED[self._rotation],)))
        self._command(_INVON if self._inverted else _INVOFF)
        self._command(_DISPON)

    def light(self, part: int) -> None:
        """Set the backlight, 0 (off) to 100 (full)."""
        self._backlight.duty_u16(65535 * part // 100)

    def open_window(self, left: int, top: int, right: int, bottom: int) -> None:
        """Begin a memory write of the pixels from (left, top) to before (right, bottom)."""
        column, row = self._offset
        self._command(_CASET, self._span(left + column, right + column - 1))
        self._command(_RASET, self._span(top + row, bottom + row - 1))
        self._command(_RAMWR)

    def set_palette(self, paper: int, ink: int) -> None:
        """Prepare the three bytes of each of the 16 pairs of tones between two RGB colours."""
        tones = [_blend(paper, ink, part) for part in range(4)]
        for pair in range(16):
            first, second = tones[pair & 3], tones[pair >> 2]
            self._pairs[3 * pair] = first >> 4
            self._pairs[3 * pair + 1] = (first & 15) << 4 | second >> 8
            self._pairs[3 * pair + 2] = second & 255

    def write(self, strip: bytearray, length: int) -> None:
        """More pixels of the window: strip[:length], four 2-bit pixels a byte."""
        self._cs(0)
        for start in range(0, length, _AT_ONCE):
            count = min(_AT_ONCE, length - start)
            _expand(strip, start, count, self._buffer, self._pairs)
            self._spi.write(memoryview(self._buffer)[: 6 * count])
        self._cs(1)

    def _span(self, first: int, last: int) -> bytearray:
        window = self._window
        window[0], window[1] = first >> 8, first & 255
        window[2], window[3] = last >> 8, last & 255
        return window

    def _command(self, code: int, data: "bytes | bytearray" = b"") -> None:
        self._cs(0)
        self._dc(0)
        self._spi.write(bytes((code,)))
        self._dc(1)
        if data:
            self._spi.write(data)
        self._cs(1)


def _blend(paper: int, ink: int, part: int) -> int:
    """The RGB444 colour that lies `part` thirds of the way between two RGB888 colours."""
    colour = 0
    for shift in (16, 8, 0):
        low, high = paper >> shift & 0xFF, ink >> shift & 0xFF
        colour = colour << 4 | (low * (3 - part) + high * part) // 3 >> 4
    return colour


@micropython.viper
def _expand(source: ptr8, start: int, count: int, target: ptr8, pairs: ptr8):
    """Turn `count` bytes of four 2-bit pixels, from `start` on, into six bytes each of four
    12-bit pixels."""
    out = 0
    for index in range(start, start + count):
        byte = source[index]
        pair = (byte & 15) * 3
        target[out] = pairs[pair]
        target[out + 1] = pairs[pair + 1]
        target[out + 2] = pairs[pair + 2]
        pair = (byte >> 4) * 3
        target[out + 3] = pairs[pair]
        target[out + 4] = pairs[pair + 1]
        target[out + 5] = pairs[pair + 2]
        out += 6
