"""Data analysis and encodation (ISO/IEC 18004 clause 7.4): text to data codewords.

Text is split into numeric, alphanumeric and byte segments so that the bit stream is the shortest
possible. Modes are numbered 0, 1, 2; the mode indicator is 1 << mode. What kernels need to know of
each mode is a byte of an integer, mode 0 in the lowest.
"""

import micropython
from micropython import const

_FAR = const(1 << 28)


@micropython.viper
def utf8_length(at: int, count: int, text: ptr8) -> int:
    """Octets that `count` characters take in the UTF-8 `text`."""
    while at < count:
        if text[at] > 0xBF:  # leads 2, 2, 3 or 4 octets
            count += 0xE5 >> ((text[at] >> 3) & 6) & 3
        at += 1
    return at


@micropython.viper
def plan(
    at: int, cost: int, text: ptr8, count: int, heads: int, scratch: object, values: ptr8
) -> int:
    """Write the mode of each octet for the shortest stream to `scratch`; return its bits.

    `heads` is HEADS of the version group, `values` ALPHANUMERIC (tables.py). `scratch` is 12 bytes
    longer than the text at least.

    For each mode the cheapest way to have encoded all octets so far, ending in that mode, is kept
    in eighths of a bit: a digit takes 27, 27 and 26, an alphanumeric character 44, an octet 64. A
    segment that ends is rounded up to whole bits, which is what its last characters take.
    `low` is the cheapest of the three, rounded, and `best` its mode. Until they are walked back the
    modes that each octet's three ways came from are kept, two bits each.
    """
    costs = ptr32(scratch)
    trail = ptr8(scratch)
    costs[0] = costs[1] = costs[2] = _FAR
    low = 0
    best = 0
    at = 0
    while at < count:
        value = text[at] - 32
        value = values[value] if value >= 0 and value < 59 else 99
        came = 0
        next_low = _FAR
        next_best = 0
        last = 0
        if value > 44:
            costs[0] = costs[1] = _FAR
            last = 2
        mode = 3
        while mode > last:
            mode -= 1
            shift = mode << 3
            cost = costs[mode]
            start = (heads >> shift & 0xFF) + low
            before = mode
            if start < cost:
                cost = start
                before = best
            came = before << (mode << 1) | came
            cost = (0x402C1B >> shift & 0xFF) + cost
            if cost & 7 == 1:
                cost -= 1  # the third digit
            if (0xFF2D0A >> shift & 0xFF) <= value:
                cost = _FAR
            costs[mode] = cost
            cost = (cost + 7) >> 3 << 3
            if cost < next_low:
                next_low = cost
                next_best = mode
        trail[at + 12] = came
        low = next_low
        best = next_best
        at += 1
    while at:
        at -= 1
        came = trail[at + 12]
        trail[at + 12] = best
        best = came >> (best << 1) & 3
    return low >> 3


@micropython.viper
def write(
    at: int,
    size: int,
    full: int,
    out: ptr8,
    text: ptr8,
    count: int,
    heads: int,
    scratch: object,
    values: ptr8,
):
    """Write the planned segments, the terminator and the padding to `out` from `size` to `full`.

    (7.4.9, 7.4.10.) A negative `count` asks for an ECI designator, UTF-8, in front. A terminator
    for which there is no room touches the byte at `full`.
    """
    modes = ptr8(scratch)
    bits = 0
    pending = 0
    if count < 0:
        count = 0 - count
        bits = 0x71A
        pending = 12
    end = 0
    mode = 0
    while at <= count:
        value = 0
        width = 4  # the terminator's
        if at == end:
            if at == count:
                at += 1
            else:
                mode = modes[at + 12]
                while end < count and modes[end + 12] == mode:
                    end += 1
                width = heads >> (mode << 3) + 3 & 0x1F
                value = (1 << (width + mode - 4)) | (end - at)
        else:
            # 3 digits in 4, 7, 10 bits; 2 alphanumeric characters in 6, 11; 1 octet in 8
            left = 3 - mode
            width = 1
            while left and at < end:
                left -= 1
                width += (mode << 1) + 3
                value *= 0x2D0A >> (mode << 3) & 0xFF
                value += text[at] if mode == 2 else values[text[at] - 32]
                at += 1
        bits = bits << width | value
        pending += width
        while pending >= 8:
            pending -= 8
            out[size] = bits >> pending & 0xFF
            size += 1
        bits &= 0xFF
    if pending and size < full:
        out[size] = bits << (8 - pending) & 0xFF
        size += 1
    value = 0xEC
    while size < full:
        out[size] = value
        value ^= 0xFD
        size += 1
