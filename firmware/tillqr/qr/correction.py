"""Error correction coding (ISO/IEC 18004 clause 7.5) and interleaving (clause 7.6).

The remainder of the division by the generator polynomial is kept in 32-bit words, four codewords
each, and one data codeword is divided out at a time: its two halves pick two precomputed multiples
of the generator, which are subtracted a word at a time.
"""

import micropython
from micropython import const

from .tables import BLOCKS, ECC_PER_BLOCK, GENERATORS

# Words of scratch memory: 2 x 16 multiples of the generator and the remainder, 8 words each.
SCRATCH_WORDS = const(33 * 8)


@micropython.viper
def _multiples(table: ptr32, width: int, degree: int, generators: ptr8):
    """Fill `table` with f * g for f = 0..15 and then for f = 0, 16, ..., 240, `width` words each.

    The field is GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1. Doubling works on four elements at once.
    """
    at = 0
    while generators[at] != degree:
        at += generators[at] + 1
    last = at + degree
    low7 = 0x7F7F
    low7 = low7 << 16 | low7
    i = 0
    while i < width:
        word = 0
        for _ in range(4):
            at += 1
            word <<= 8
            if at <= last:
                word |= generators[at]
        table[i] = 0
        table[16 * width + i] = 0
        row = 1
        while row < 256:
            table[(row if row < 16 else 16 + (row >> 4)) * width + i] = word
            word = (word & low7) << 1 ^ (word >> 7 & 0x01010101) * 0x1D
            row <<= 1
        i += 1
    half = 0
    while half < 32:
        row = 3
        while row < 16:
            rest = row & (row - 1)
            if rest:
                to = (half + row) * width
                rest = (half + rest) * width
                one = (half + (row & -row)) * width
                i = 0
                while i < width:
                    table[to + i] = table[rest + i] ^ table[one + i]
                    i += 1
            row += 1
        half += 16


@micropython.viper
def _protect(
    stream: ptr8, source: int, count: int, blocks: int, short: int, degree: int, table: ptr32
):
    """Interleave the data codewords at `source` and their error correction into `stream`.

    Blocks are taken in turn, the shorter ones, of `short` data codewords, first. The remainder lies behind the multiples in
    `table`.
    """
    width = (degree + 3) >> 2
    first = width << 5
    last = first + width - 1
    longer = blocks - (count - short * blocks)  # the first block with one codeword more
    block = 0
    while block < blocks:
        i = first
        while i <= last:
            table[i] = 0
            i += 1
        end = source + short + int(block >= longer)
        start = source
        to = block
        while source < end:
            if source == start + short:
                to -= longer  # short blocks have no part in the last row
            value = stream[source]
            source += 1
            stream[to] = value
            to += blocks
            word = table[first]
            value ^= word >> 24 & 0xFF
            low = (value & 15) * width
            high = ((value >> 4) + 16) * width
            i = first
            while i < last:
                following = table[i + 1]
                table[i] = (
                    ((word & 0xFFFFFF) << 8 | following >> 24 & 0xFF) ^ table[low] ^ table[high]
                )
                word = following
                low += 1
                high += 1
                i += 1
            table[i] = (word & 0xFFFFFF) << 8 ^ table[low] ^ table[high]
        i = 0
        to = count + block
        while i < degree:
            stream[to] = table[first + (i >> 2)] >> (24 - ((i & 3) << 3)) & 0xFF
            to += blocks
            i += 1
        block += 1


def protect(stream: object, source: int, count: int, version: int, level: int, scratch: object):
    """Write the final codeword sequence of a symbol to the start of `stream`.

    The `count` data codewords lie in the same buffer from `source`, behind the place for the
    sequence. `scratch` is an array of at least SCRATCH_WORDS 32-bit words.
    """
    entry = 40 * level + version - 1
    degree = ECC_PER_BLOCK[entry]
    _multiples(scratch, (degree + 3) >> 2, degree, GENERATORS)
    blocks = BLOCKS[entry]
    _protect(stream, source, count, blocks, count // blocks, degree, scratch)
