"""Error correction coding (ISO/IEC 18004 clause 7.5) and interleaving (clause 7.6)."""

import micropython

from .tables import BLOCKS, ECC_PER_BLOCK, GENERATORS


def _field() -> bytearray:
    """Powers of 2 in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1, and logarithms.

    Power n is at n, 0 <= n < 510; the logarithm of v, 0 < v < 256, at 509 + v.
    """
    table = bytearray(765)
    value = 1
    for power in range(255):
        table[power] = table[power + 255] = value
        table[509 + value] = power
        value = value << 1 ^ (value >> 7) * 0x11D
    return table


_FIELD = _field()


@micropython.viper
def _protect(
    at: int,
    i: int,
    end: int,
    block: int,
    longer: int,
    short: int,
    degree: int,
    stream: ptr8,
    field: ptr8,
    generator: ptr8,
):
    """Interleave the data codewords that end at `end` and their error correction into `stream`.

    Of the `block` blocks those from `longer` on have one codeword more than `short`. They are taken
    from the last to the first. Each is divided by the generator polynomial where it lies; the
    remainder comes out behind it, over the block that is done with.
    """
    blocks = block
    while block:
        block -= 1
        start = end - short
        if block >= longer:
            start -= 1
        at = start
        to = block
        while at < end:
            if at - start == short:
                to -= longer  # the last row has no place for the shorter blocks
            stream[to] = stream[at]
            to += blocks
            at += 1
        i = degree
        while i:
            stream[at] = 0
            at += 1
            i -= 1
        at = start
        while at < end:
            factor = stream[at]
            at += 1
            if factor:
                factor = field[factor + 509]
                i = degree
                at += i
                while i:
                    i -= 1
                    at -= 1
                    stream[at] = field[generator[i] + factor] ^ stream[at]
        to = short * blocks + blocks - longer + block
        while i < degree:
            stream[to] = stream[at]
            to += blocks
            at += 1
            i += 1
        end = start


def protect(stream: object, start: int, end: int, version: int, level: int) -> None:
    """Write the final codeword sequence of a symbol to the start of `stream`.

    The data codewords lie in the same buffer from `start` to `end`, behind the place for the
    sequence. They are lost, and so are 30 bytes behind them.
    """
    entry = 40 * level + version - 1
    blocks = BLOCKS[entry]
    degree = ECC_PER_BLOCK[entry]
    short = (end - start) // blocks
    longer = blocks - (end - start) % blocks
    generator = GENERATORS[degree - 7]
    _protect(0, 0, end, blocks, longer, short, degree, stream, _FIELD, generator)
