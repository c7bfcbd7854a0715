"""The panel's driver against the ST7789V2 datasheet: what is on the bus, with which levels, when.

The pixels are decoded here bit by bit; nothing waits, but the waits are recorded and checked.
"""

import asyncio
import sys

from tillqr.panel import rgb444, rgb565
from tillqr.panel.st7789 import St7789

SLPIN, SLPOUT, INVOFF, INVON, DISPON = 0x10, 0x11, 0x20, 0x21, 0x29
CASET, RASET, RAMWR, MADCTL, COLMOD = 0x2A, 0x2B, 0x2C, 0x36, 0x3A
MY, MX, MV = 0x80, 0x40, 0x20
RGB444 = (4, 4, 4)  # bits of red, green and blue
RGB565 = (5, 6, 5)
PALETTES = ((0xFFFFFF, 0x000000), (0x0B3D2E, 0xF4EBD0), (0x102030, 0xFEDCBA), (0x7F80FF, 0x0110EF))


class Pin:
    """A pin that records its levels under a name."""

    def __init__(self, log, name):
        self._log = log
        self._name = name
        self.level = None

    def __call__(self, level):
        self.level = level
        self._log.append((self._name, level, None, None))


class Bus:
    """SPI, pins and backlight: `log` has (kind, bytes or level, D/C, CS) of all that happened."""

    def __init__(self):
        self.log = []
        self.cs = Pin([], "cs")
        self.dc = Pin([], "dc")
        self.reset = Pin(self.log, "reset")
        self.cs(1)

    def write(self, data):
        self.log.append(("spi", bytes(data), self.dc.level, self.cs.level))

    def duty_u16(self, duty):
        self.log.append(("light", duty, None, None))

    def levels(self, kind):
        """Everything of a kind."""
        return [entry[1] for entry in self.log if entry[0] == kind]

    def commands(self):
        """The commands, each with its data, if each was sent as the datasheet has it [8.4.1]."""
        found = []
        for kind, data, dc, cs in self.log:
            if kind != "spi":
                continue
            assert cs == 0
            if dc == 0:
                assert len(data) == 1
                found.append((data[0], b""))
            else:
                assert dc == 1
                found[-1] = (found[-1][0], found[-1][1] + data)
        assert self.cs.level == 1
        return found


class Quiet:
    """SPI and a pin that take no memory."""

    def __init__(self):
        self.bytes = 0

    def write(self, data):
        self.bytes += len(data)

    def __call__(self, level):
        pass


class Random:
    """A linear congruential generator: the same numbers on every runtime."""

    def __init__(self, seed):
        self._state = seed

    def below(self, count):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % count

    def between(self, least, most):
        return least + self.below(most - least + 1)

    def bytes(self, count):
        return bytes(self.below(256) for _ in range(count))


def panel(bus, pixels=rgb444, offset=(0, 0), rotation=0, inverted=True):
    return St7789(bus, bus.cs, bus.dc, bus.reset, bus, pixels, offset, rotation, inverted)


def run(bus, *coroutines):
    """Run coroutines one after the other, without the waits, which are recorded."""

    async def sleep_ms(duration):
        bus.log.append(("wait", duration, None, None))

    async def all_of_them():
        for coroutine in coroutines:
            await coroutine

    before = asyncio.sleep_ms
    asyncio.sleep_ms = sleep_ms
    try:
        asyncio.run(all_of_them())
    finally:
        asyncio.sleep_ms = before


def started(**arguments):
    """A bus after start()."""
    bus = Bus()
    run(bus, panel(bus, **arguments).start())
    return bus


def since(log, when):
    """The milliseconds waited since the last entry that `when` is true of; many if none is."""
    waited = 0
    for entry in reversed(log):
        if when(entry):
            return waited
        if entry[0] == "wait":
            waited += entry[1]
    return 1000


def is_command(code):
    return lambda entry: entry[0] == "spi" and entry[2] == 0 and entry[1][0] == code


def is_reset(entry):
    return entry[0] == "reset"


def check_waits(log):
    """The datasheet's waits: after a reset [7.4.5], SLPIN [9.1.11] and SLPOUT [9.1.12]."""
    for place, entry in enumerate(log):
        before = log[:place]
        if entry[0] == "reset" and entry[1] == 1:
            assert since(before, is_reset) >= 1
        if entry[0] != "spi" or entry[2] != 0:
            continue
        code = entry[1][0]
        assert since(before, is_reset) >= (120 if code == SLPOUT else 5)
        assert since(before, is_command(SLPIN)) >= 5
        assert since(before, is_command(SLPOUT)) >= (120 if code == SLPIN else 5)


def turned(quarters):
    """Where right and down of a picture go on a glass when it is turned clockwise."""
    right, down = (1, 0), (0, 1)
    for _ in range(quarters):
        right, down = (-right[1], right[0]), (-down[1], down[0])
    return right, down


def written(madctl):
    """Where the columns and the rows of a window go on the glass [8.12]."""
    right, down = ((0, 1), (1, 0)) if madctl & MV else ((1, 0), (0, 1))
    x, y = -1 if madctl & MX else 1, -1 if madctl & MY else 1
    return (right[0] * x, right[1] * y), (down[0] * x, down[1] * y)


def decoded(data, bits):
    """The pixels on the wire, the first bit first, as (red, green, blue)."""
    size = sum(bits)
    assert len(data) * 8 % size == 0
    pixels, value, held = [], 0, 0
    for byte in data:
        value, held = value << 8 | byte, held + 8
        if held >= size:
            held -= size
            pixel, value = value >> held, value & (1 << held) - 1
            red, green = pixel >> bits[1] + bits[2], pixel >> bits[2]
            pixels.append((red, green & (1 << bits[1]) - 1, pixel & (1 << bits[2]) - 1))
    return pixels


def blended(palette, tone, bits):
    """A tone's pixel: so many thirds of the way, each channel cut to its highest bits."""
    channels = []
    for place in range(3):
        paper, ink = (colour // 256 ** (2 - place) % 256 for colour in palette)
        thirds = paper * (3 - tone) + ink * tone
        channels.append(thirds // (3 * 2 ** (8 - bits[place])))
    return tuple(channels)


def tones(strip, at, stride, count, rows):
    """The tones of rows of a strip."""
    found = []
    for row in range(rows):
        for byte in strip[at + row * stride : at + row * stride + count]:
            found += [byte & 3, byte // 4 & 3, byte // 16 & 3, byte // 64]
    return found


def check_write(pixels, bits, palette, strip, at, stride, count, rows):
    """What a write sends are the strip's pixels in the palette's colours, and no more."""
    bus = Bus()
    made = panel(bus, pixels)
    made.set_palette((0x123456, 0x654321))
    made.set_palette(palette)
    made.open_window(0, 0, 4 * count, rows)
    made.write(strip, at, stride, count, rows)
    code, data = bus.commands()[-1]
    colours = [blended(palette, tone, bits) for tone in range(4)]
    expected = [colours[tone] for tone in tones(strip, at, stride, count, rows)]
    assert code == RAMWR and decoded(data, bits) == expected


def test_start_resets_and_sets_everything_up():
    for pixels, mode in ((rgb444, 3), (rgb565, 5)):
        for inverted in (False, True):
            bus = started(pixels=pixels, inverted=inverted)
            commands = bus.commands()
            assert bus.levels("reset") == [0, 1]
            assert commands[0] == (SLPOUT, b"") and commands[-1] == (DISPON, b"")
            assert (COLMOD, bytes((pixels.COLMOD,))) in commands and mode == pixels.COLMOD & 7
            assert (INVON if inverted else INVOFF, b"") in commands and len(commands) == 5
            assert not any(bus.levels("light"))


def test_a_rotation_is_so_many_quarter_turns_clockwise():
    for quarters in range(4):
        modes = [data for code, data in started(rotation=quarters).commands() if code == MADCTL]
        assert len(modes) == 1 and len(modes[0]) == 1
        assert written(modes[0][0]) == turned(quarters)
        assert modes[0][0] & ~(MY | MX | MV) == 0  # red first, top to bottom


def test_the_controller_gets_the_time_that_it_needs():
    bus = Bus()
    made = panel(bus)
    run(bus, made.start(), made.fade(100), made.sleep(), made.wake(), made.sleep())
    assert len(bus.commands()) == 8
    check_waits(bus.log)


def test_fade_goes_one_way_to_the_end():
    bus = Bus()
    made = panel(bus)
    reached = 0
    for part, least, most in ((100, 65535, 65535), (40, 1, 65534), (70, 1, 65534), (0, 0, 0)):
        del bus.log[:]
        run(bus, made.fade(part))
        duties = [reached] + bus.levels("light")
        assert duties == sorted(duties, reverse=duties[-1] < reached) and len(duties) > 6
        assert least <= duties[-1] <= most and sum(bus.levels("wait")) <= 200
        reached = duties[-1]
    run(bus, made.fade(33))
    assert 0 < bus.levels("light")[-1] < 65535


def test_a_fade_to_where_it_is_does_nothing():
    bus = Bus()
    made = panel(bus)
    run(bus, made.fade(0))
    assert bus.log == []


def test_sleep_is_after_the_dark_and_wake_is_dark():
    bus = Bus()
    made = panel(bus)
    run(bus, made.start(), made.fade(100))
    del bus.log[:]
    run(bus, made.sleep())
    kinds = [entry[0] for entry in bus.log]
    assert bus.commands() == [(SLPIN, b"")] and "light" not in kinds[kinds.index("spi") :]
    assert bus.levels("light")[-1] == 0
    del bus.log[:]
    run(bus, made.wake())
    assert bus.commands() == [(SLPOUT, b"")] and bus.levels("light") == []


def test_a_window_is_moved_by_the_offsets():
    random = Random(1)
    for _ in range(100):
        column, row = random.below(81), random.below(81)
        left, top = random.below(239), random.below(239)
        right, bottom = random.between(left + 1, 240), random.between(top + 1, 240)
        bus = Bus()
        panel(bus, offset=(column, row)).open_window(left, top, right, bottom)
        columns, rows, memory_write = bus.commands()
        first, last = (left + column).to_bytes(2, "big"), (right - 1 + column).to_bytes(2, "big")
        assert columns == (CASET, first + last)
        first, last = (top + row).to_bytes(2, "big"), (bottom - 1 + row).to_bytes(2, "big")
        assert rows == (RASET, first + last) and memory_write == (RAMWR, b"")


def test_pixels_on_the_wire_are_the_strips():
    random = Random(2)
    for pixels, bits in ((rgb444, RGB444), (rgb565, RGB565)):
        for number in range(40):
            count, rows = random.between(1, 12), random.between(1, 8)
            stride = random.between(count, 14) if number & 1 else 0
            at = random.below(9)
            strip = bytearray(random.bytes(at + stride * (rows - 1) + count))
            palette = random.below(1 << 24), random.below(1 << 24)
            check_write(pixels, bits, palette, strip, at, stride, count, rows)


def test_every_tone_of_every_palette_is_a_blend():
    every = bytearray(range(256))
    for pixels, bits in ((rgb444, RGB444), (rgb565, RGB565)):
        for palette in PALETTES:
            check_write(pixels, bits, palette, every, 0, 64, 64, 4)


def test_rows_that_take_many_buffers_are_all_sent():
    random = Random(3)
    strip = bytearray(random.bytes(80 * 23))
    for pixels, bits in ((rgb444, RGB444), (rgb565, RGB565)):
        for count in (60, 80):
            check_write(pixels, bits, PALETTES[2], strip, 0, count, count, 23)
            check_write(pixels, bits, PALETTES[2], strip, 5, 0, count, 23)


def test_another_palette_counts_from_the_next_write_on():
    bus, strip = Bus(), bytearray(b"\xe4\x1b")
    made = panel(bus)
    made.open_window(0, 0, 8, 2)
    for palette in PALETTES[:2]:
        made.set_palette(palette)
        made.write(strip, 0, 0, 2, 1)
    expected = []
    for palette in PALETTES[:2]:
        expected += [blended(palette, tone, RGB444) for tone in (0, 1, 2, 3, 3, 2, 1, 0)]
    assert decoded(bus.commands()[-1][1], RGB444) == expected


def paint(made, strip):
    """A clock's tick, and strips of a whole row: three sizes of what is sent at once."""
    made.open_window(16, 20, 64, 28)
    made.set_palette(PALETTES[1])
    made.write(strip, 0, 12, 12, 8)
    made.write(strip, 0, 60, 60, 7)


def test_a_write_of_a_steady_size_takes_no_memory():
    if sys.implementation.name != "micropython":
        return
    from micropython import heap_lock, heap_unlock

    strip = bytearray(480)
    for pixels in (rgb444, rgb565):
        bus = Quiet()
        made = St7789(bus, bus, bus, bus, bus, pixels, (0, 0), 0, True)
        paint(made, strip)
        sent = bus.bytes
        heap_lock()
        try:
            paint(made, strip)
        finally:
            heap_unlock()
        assert bus.bytes == 2 * sent > 0
