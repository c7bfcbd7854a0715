"""`framebuf` on CPython: the one format and the three calls that the firmware uses.

Held against MicroPython's own framebuf by tests/host_sim/test_framebuf.py.
"""

GS2_HMSB = 5


class FrameBuffer:
    """A picture of 2-bit pixels in a buffer; the leftmost pixel in a byte's low bits."""

    def __init__(self, buffer: bytearray, width: int, height: int, form: int) -> None:
        if form != GS2_HMSB:
            raise ValueError("invalid format")
        self._stride = (width + 3) // 4
        if width < 1 or height < 1 or len(buffer) < self._stride * height:
            raise ValueError("buffer too small")
        self._buffer = buffer
        self._width = width
        self._height = height

    def pixel(self, x: int, y: int, tone: int | None = None) -> int | None:
        """Read or set a pixel; outside the picture nothing happens."""
        if not (0 <= x < self._width and 0 <= y < self._height):
            return None
        at, shift = y * self._stride + (x >> 2), (x & 3) * 2
        if tone is None:
            return self._buffer[at] >> shift & 3
        self._buffer[at] = self._buffer[at] & ~(3 << shift) | (tone & 3) << shift
        return None

    def fill_rect(self, x: int, y: int, width: int, height: int, tone: int) -> None:
        """A filled rectangle, clipped to the picture."""
        left, right = max(0, x), min(self._width, x + width)
        for row in range(max(0, y), min(self._height, y + height)):
            column = left
            while column < right:
                if column & 3 == 0 and right - column >= 4:
                    size = (right - column) // 4
                    at = row * self._stride + column // 4
                    self._buffer[at : at + size] = bytes((0x55 * (tone & 3),)) * size
                    column += 4 * size
                else:
                    self.pixel(column, row, tone)
                    column += 1

    def blit(self, source: "FrameBuffer", x: int, y: int, key: int = -1) -> None:
        """Draw another picture here; pixels of tone `key` are left out."""
        for row in range(max(0, -y), min(source._height, self._height - y)):
            for column in range(source._width):
                tone = source.pixel(column, row)
                if tone != key:
                    self.pixel(x + column, y + row, tone)
