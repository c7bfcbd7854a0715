"""Pixels of 16 bits on the wire (ST7789V2 datasheet, V1.0, 8.8.41), for controllers that know no
12 bits; the same names as in rgb444.py."""

import micropython
from micropython import const

COLMOD = const(0x55)
QUAD = const(8)
TABLE = const(64)


def blend(paper: int, ink: int, part: int) -> int:
    """The pixel that lies `part` thirds of the way between two colours of 24-bit RGB."""
    mixed = 0
    for shift in (16, 8, 0):
        low, high = paper >> shift & 0xFF, ink >> shift & 0xFF
        mixed = mixed << 8 | (low * (3 - part) + high * part) // 3
    return mixed >> 8 & 0xF800 | mixed >> 5 & 0x07E0 | mixed >> 3 & 0x001F


def fill_table(pairs: bytearray, paper: int, ink: int) -> None:
    """Prepare the bytes of each pair of tones; the first pixel is in the index's low bits."""
    for pair in range(16):
        first, second = blend(paper, ink, pair & 3), blend(paper, ink, pair >> 2)
        pairs[4 * pair] = first >> 8
        pairs[4 * pair + 1] = first & 255
        pairs[4 * pair + 2] = second >> 8
        pairs[4 * pair + 3] = second & 255


@micropython.viper
def expand(source: ptr8, at: int, stride: int, count: int, rows: int, target: ptr8, pairs: ptr8):
    """Turn `rows` rows, each `count` bytes of four 2-bit pixels, into pixels for the wire.

    The first row is at source[at], the next one `stride` bytes on (0: the same row again).
    """
    out = 0
    while rows > 0:
        index = at
        while index < at + count:
            byte = source[index]
            half = 0
            while half < 2:
                pair = (byte & 15) * 4
                target[out] = pairs[pair]
                target[out + 1] = pairs[pair + 1]
                target[out + 2] = pairs[pair + 2]
                target[out + 3] = pairs[pair + 3]
                byte >>= 4
                out += 4
                half += 1
            index += 1
        at += stride
        rows -= 1
