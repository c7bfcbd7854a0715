"""The strip's pixels against a model that sets one pixel at a time, in random cases.

The model is a list of rows of tones; what it isn't told to change must stay, in the strip and in
the memory before and after it.
"""

from tillqr.panel import raster

GUARD = 64  # bytes around a strip that nothing may touch
HEADER = 5  # bytes of a glyph before its bitmap


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


class Case:
    """A strip with something in it, a region of it, and what it should be."""

    def __init__(self, random):
        self.stride = random.between(1, 9)
        self.rows = random.between(1, 8)
        self.first = random.below(self.stride + 1)
        self.last = random.between(self.first, self.stride)
        self._memory = bytearray(random.bytes(self.stride * self.rows + 2 * GUARD))
        self.strip = memoryview(self._memory)[GUARD : GUARD + self.stride * self.rows]
        self._outside = self._around()
        self._tones = self._unpacked()
        self.clipped = set()
        """The sides at which the model left something out."""

    def change(self, x, y, rows, value):
        """Make one pixel of the model what value(what it is) says, if it is in the region."""
        sides = set()
        if x < self.first * 4:
            sides.add("left")
        if x >= self.last * 4:
            sides.add("right")
        if y < 0:
            sides.add("top")
        if y >= rows:
            sides.add("bottom")
        if not sides:
            self._tones[y][x] = value(self._tones[y][x])
        self.clipped |= sides

    def agrees(self):
        return self._tones == self._unpacked() and self._outside == self._around()

    def _around(self):
        return bytes(self._memory[:GUARD]), bytes(self._memory[-GUARD:])

    def _unpacked(self):
        tones = []
        for y in range(self.rows):
            row = []
            for byte in self.strip[y * self.stride : (y + 1) * self.stride]:
                row += [byte & 3, byte // 4 & 3, byte // 16 & 3, byte // 64]
            tones.append(row)
        return tones


def laid(tone, value):
    """What laying a glyph's pixel in a tone over another pixel makes of that."""
    if tone == 3:
        return lambda old: old | value
    if tone == 2:
        return lambda old: old | value - (value >> 1)
    return lambda old: old & ~value


def draw_glyph(case, glyphs, at, x, y, tone, rows):
    """The model's way to draw the glyph at glyphs[at]."""
    width, height, left, top = glyphs[at], glyphs[at + 1], glyphs[at + 2], glyphs[at + 3]
    if left > 127:
        left -= 256
    for row in range(height):
        for column in range(4 * width):
            byte = glyphs[at + HEADER + row * width + column // 4]
            value = byte // 4 ** (column % 4) % 4
            case.change(x + left + column, y + top + row, rows, laid(tone, value))


def random_glyphs(random):
    """Bytes with a glyph among them, where it is, and its header."""
    at = random.below(20)
    width, height = random.below(5), random.below(12)
    left = random.between(-9, 9) if random.below(8) else random.between(-128, 127)
    header = bytes((width, height, left & 255, random.below(9), random.below(256)))
    bitmap = random.bytes(width * height)
    if random.below(2):
        bitmap = bytes(byte & random.below(256) for byte in bitmap)
    return random.bytes(at) + header + bitmap + random.bytes(20), at


def test_the_leftmost_pixel_is_in_the_low_bits():
    strip = bytearray(4)
    raster.fill(strip, 2, 0, 2, 3, 1, 5, 2, 2)
    assert strip == b"\x00\x00\x80\x02"
    raster.modules(strip, 2, 0, 2, 1, b"\xa0", 3, 1, 2)
    assert strip == b"\x3c\x3c\x80\x02"
    raster.blit(strip, 2, 0, 2, 2, bytes((1, 1, 255, 1, 4, 0x1B)), 0, 1, 0, 3)
    assert strip == b"\x3c\x3c\x9b\x02"


def test_fill_is_the_model():
    random, seen = Random(1), set()
    for number in range(400):
        case = Case(random)
        x, end = random.between(-9, 40), random.between(-9, 45)
        y = random.below(case.rows + 1)
        bottom = random.between(y, case.rows)
        tone = random.below(4)
        for row in range(y, bottom):
            for column in range(x, end):
                case.change(column, row, case.rows, lambda _: tone)
        raster.fill(case.strip, case.stride, case.first, case.last, x, y, end, bottom, tone)
        assert case.agrees(), number
        seen |= case.clipped | {("from", x & 3), ("to", end & 3), tone}
    assert len(seen) == 2 + 4 + 4 + 4


def test_blit_is_the_model():
    random, seen = Random(2), set()
    for number in range(600):
        case = Case(random)
        glyphs, at = random_glyphs(random)
        x, y = random.between(-20, 40), random.between(-14, 10)
        rows = random.below(case.rows + 1)
        tone = (0, 2, 3)[random.below(3)]
        draw_glyph(case, glyphs, at, x, y, tone, rows)
        raster.blit(case.strip, case.stride, case.first, case.last, rows, glyphs, at, x, y, tone)
        assert case.agrees(), number
        seen |= case.clipped | {("at", x & 3), tone}
    assert len(seen) == 4 + 4 + 3


def test_a_glyph_far_away_is_left_out():
    random = Random(3)
    for number in range(100):
        case = Case(random)
        glyphs, at = random_glyphs(random)
        away = random.between(300, 3000)
        x, y = ((-away, 0), (away, 0), (0, -away), (0, away))[number & 3]
        raster.blit(case.strip, case.stride, case.first, case.last, case.rows, glyphs, at, x, y, 3)
        assert case.agrees(), number


def test_modules_are_the_model():
    random, seen = Random(4), set()
    for number in range(400):
        case = Case(random)
        size, pixels = random.between(1, 30), random.between(1, 9)
        bits = random.bytes((size + 7) // 8)
        x = random.between(-40, 40)
        rows = random.below(case.rows + 1)
        for column in range(size * pixels):
            module = column // pixels
            if bits[module // 8] // 2 ** (7 - module % 8) % 2:
                for row in range(rows):
                    case.change(x + column, row, rows, lambda _: 3)
        raster.modules(case.strip, case.stride, case.first, case.last, rows, bits, size, x, pixels)
        assert case.agrees(), number
        seen |= case.clipped | {("at", x & 3), ("of", pixels)}
    assert len(seen) == 2 + 4 + 9
