"""Pixels of 12 bits on the wire, two in three bytes (ST7789V2 datasheet, V1.0, 8.8.40): a quarter
less than RGB565.

A module of this kind says what COLMOD [9.1.32] is, how many bytes four pixels take, and has the
table of the 16 pairs of tones and the expansion of 2-bit pixels through it.
"""

import micropython
from micropython import const

COLMOD = const(0x53)
QUAD = const(6)
"""Bytes of four pixels."""
TABLE = const(48)
"""Bytes of the table of pairs."""


def blend(paper: int, ink: int, part: int) -> int:
    """The pixel that lies `part` thirds of the way between two colours of 24-bit RGB."""
    colour = 0
    for shift in (16, 8, 0):
        low, high = paper >> shift & 0xFF, ink >> shift & 0xFF
        colour = colour << 4 | (low * (3 - part) + high * part) // 3 >> 4
    return colour


def fill_table(pairs: bytearray, paper: int, ink: int) -> None:
    """Prepare the bytes of each pair of tones; the first pixel is in the index's low bits."""
    for pair in range(16):
        first, second = blend(paper, ink, pair & 3), blend(paper, ink, pair >> 2)
        pairs[3 * pair] = first >> 4
        pairs[3 * pair + 1] = (first & 15) << 4 | second >> 8
        pairs[3 * pair + 2] = second & 255


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
            pair = (byte & 15) * 3
            target[out] = pairs[pair]
            target[out + 1] = pairs[pair + 1]
            target[out + 2] = pairs[pair + 2]
            pair = (byte >> 4) * 3
            target[out + 3] = pairs[pair]
            target[out + 4] = pairs[pair + 1]
            target[out + 5] = pairs[pair + 2]
            out += 6
            index += 1
        at += stride
        rows -= 1
