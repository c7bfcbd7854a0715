"""A model of an ST7789 panel: decodes what arrives on SPI into the picture that a person sees.

It knows nothing of the firmware: bytes with the level of D/C and CS go in, pixels come out.
Commands and addressing follow the ST7789V2 datasheet (sections 8.12 and 9.1).
"""

from collections.abc import Callable

from PIL import Image

_MEMORY_WIDTH = 240
_MEMORY_HEIGHT = 320
_NO_DATA = {
    0x00: "NOP",
    0x01: "SWRESET",
    0x10: "SLPIN",
    0x11: "SLPOUT",
    0x13: "NORON",
    0x20: "INVOFF",
    0x21: "INVON",
    0x28: "DISPOFF",
    0x29: "DISPON",
}
_WITH_DATA = {0x2A: 4, 0x2B: 4, 0x36: 1, 0x3A: 1}
_RAMWR = 0x2C
_RAMWRC = 0x3C
_MY, _MX, _MV, _BGR = 0x80, 0x40, 0x20, 0x08
_HIGH_NIBBLE = bytes(17 * (value >> 4) for value in range(256))
_LOW_NIBBLE = bytes(17 * (value & 15) for value in range(256))
_ROTATED = (0x00, 0x60, 0xC0, 0xA0)  # MADCTL that shows an upright picture on a turned glass


class PanelModel:
    """The controller, its memory and its glass.

    `violations` lists what a real panel would have ignored or shown wrong; tests expect none.
    """

    def __init__(self, panel: dict, pins: dict, changed: Callable[[], None]) -> None:
        """panel and pins: those of the board profile; changed is called at each change."""
        self._panel = panel
        self._pins = pins
        self._changed = changed
        self._levels = {pins["cs"]: 1, pins["dc"]: 1, pins["reset"]: 1}
        self._backlight = 0
        self.violations: list[str] = []
        self._memory = bytearray(3 * _MEMORY_WIDTH * _MEMORY_HEIGHT)
        self._reset()

    def _reset(self) -> None:
        self._awake = False
        self._on = False
        self._inverted = False
        self._madctl = 0
        self._colour_mode = 0x66
        self._columns = (0, _MEMORY_WIDTH - 1)
        self._rows = (0, _MEMORY_HEIGHT - 1)
        self._command = -1
        self._data = bytearray()
        self._at = (0, 0)

    def pin(self, number: int, level: int) -> None:
        """A pin was driven."""
        if number == self._pins["reset"] and level == 0:
            self._reset()
            self._changed()
        self._levels[number] = level

    def backlight(self, duty: int) -> None:
        """The backlight's PWM duty, 0 to 65535."""
        if duty != self._backlight:
            self._backlight = duty
            self._changed()

    def spi(self, data: bytes) -> None:
        """Bytes on the bus, with the levels that the pins have now."""
        if self._levels[self._pins["cs"]]:
            self._violate("SPI bytes while CS is high")
        elif self._levels[self._pins["reset"]] == 0:
            self._violate("SPI bytes while the panel is held in reset")
        elif self._levels[self._pins["dc"]]:
            self._take_data(data)
        else:
            for code in data:
                self._take_command(code)

    def _violate(self, what: str) -> None:
        if len(self.violations) < 100:
            self.violations.append(what)

    def _take_command(self, code: int) -> None:
        if self._data and self._command in (_RAMWR, _RAMWRC):
            self._violate("a memory write ended inside a pixel")
        self._command = code
        self._data = bytearray()
        if code in _NO_DATA:
            self._switch(code)
        elif code == _RAMWR:
            self._at = (self._columns[0], self._rows[0])
        elif code not in _WITH_DATA and code != _RAMWRC:
            self._violate(f"unknown command {code:#04x}")

    def _switch(self, code: int) -> None:
        if code == 0x01:
            self._reset()
        elif code in (0x10, 0x11):
            self._awake = code == 0x11
        elif code in (0x20, 0x21):
            self._inverted = code == 0x21
        elif code in (0x28, 0x29):
            self._on = code == 0x29
        self._changed()

    def _take_data(self, data: bytes) -> None:
        if self._command in (_RAMWR, _RAMWRC):
            self._data += data
            self._write_pixels()
            return
        self._data += data
        if len(self._data) < _WITH_DATA.get(self._command, 1):
            return
        if self._command == 0x2A:
            self._columns = self._span("column")
        elif self._command == 0x2B:
            self._rows = self._span("row")
        elif self._command == 0x36:
            self._madctl = self._data[0]
        elif self._command == 0x3A:
            self._colour_mode = self._data[0]
        else:
            self._violate(f"data without a command ({self._command:#04x})")

    def _span(self, what: str) -> tuple[int, int]:
        first = int.from_bytes(self._data[0:2], "big")
        last = int.from_bytes(self._data[2:4], "big")
        turned = bool(self._madctl & _MV) != (what == "row")
        most = _MEMORY_HEIGHT if turned else _MEMORY_WIDTH
        if not first <= last < most:
            self._violate(f"{what} window {first} to {last} of {most}")
            return (0, 0)
        return (first, last)

    def _write_pixels(self) -> None:
        if self._colour_mode & 7 == 3:
            size, decode = 3, _decode_12
        elif self._colour_mode & 7 == 5:
            size, decode = 2, _decode_16
        else:
            self._violate(f"pixels in colour mode {self._colour_mode:#04x}")
            return
        whole = len(self._data) // size * size
        pixels = decode(self._data[:whole])
        del self._data[:whole]
        if self._madctl & _BGR:
            pixels[0::3], pixels[2::3] = pixels[2::3], pixels[0::3]
        start = 0
        while start < len(pixels):
            start += self._write_run(pixels, start)
        self._changed()

    def _write_run(self, pixels: bytearray, start: int) -> int:
        """Write pixels up to the end of the window's row; return how many bytes that were."""
        x, y = self._at
        size = min(3 * (self._columns[1] + 1 - x), len(pixels) - start)
        place = 3 * self._place(x, y)
        step = 3 * self._place(x + 1, y) - place
        for channel in range(3):
            first, end = place + channel, place + channel + step * (size // 3)
            part = pixels[start + channel : start + size : 3]
            self._memory[first : None if end < 0 else end : step] = part
        self._at = (x + size // 3, y)
        if self._at[0] > self._columns[1]:
            self._at = (self._columns[0], y + 1 if y < self._rows[1] else self._rows[0])
        return size

    def _place(self, x: int, y: int) -> int:
        """Where in the memory the window's column x and row y are."""
        column, row = (y, x) if self._madctl & _MV else (x, y)
        if self._madctl & _MX:
            column = _MEMORY_WIDTH - 1 - column
        if self._madctl & _MY:
            row = _MEMORY_HEIGHT - 1 - row
        return row * _MEMORY_WIDTH + column

    def image(self) -> Image.Image:
        """What a person in front of the mounted panel sees."""
        width, height = self._panel["width"], self._panel["height"]
        if not (self._awake and self._on and self._backlight):
            return Image.new("RGB", (width, height))
        memory = Image.frombytes("RGB", (_MEMORY_WIDTH, _MEMORY_HEIGHT), bytes(self._memory))
        if self._inverted != self._panel["inverted"]:
            memory = memory.point(lambda value: 255 - value)
        upright = _turn(memory, _ROTATED[self._panel["rotation"]])
        left, top = self._panel["column_offset"], self._panel["row_offset"]
        return upright.crop((left, top, left + width, top + height))


def _turn(memory: Image.Image, madctl: int) -> Image.Image:
    """The memory as seen in the orientation that `madctl` is meant for."""
    if madctl & _MX:
        memory = memory.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if madctl & _MY:
        memory = memory.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return memory.transpose(Image.Transpose.TRANSPOSE) if madctl & _MV else memory


def _decode_12(data: bytearray) -> bytearray:
    """Two RGB444 pixels in three bytes, as six bytes of RGB."""
    pixels = bytearray(2 * len(data))
    pixels[0::2] = data.translate(_HIGH_NIBBLE)
    pixels[1::2] = data.translate(_LOW_NIBBLE)
    return pixels


def _decode_16(data: bytearray) -> bytearray:
    """RGB565, the high byte first, as bytes of RGB."""
    pixels = bytearray()
    for at in range(0, len(data), 2):
        value = data[at] << 8 | data[at + 1]
        red, green, blue = value >> 11, value >> 5 & 63, value & 31
        pixels += bytes((red * 255 // 31, green * 255 // 63, blue * 255 // 31))
    return pixels
