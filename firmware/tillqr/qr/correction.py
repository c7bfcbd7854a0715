"""Error correction coding (ISO/IEC 18004 clause 7.5) and interleaving (clause 7.6)."""

import micropython


@micropython.viper
def correct(
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
