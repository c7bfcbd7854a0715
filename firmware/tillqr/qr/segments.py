"""Data analysis and encodation (ISO/IEC 18004 clause 7.4): text to data codewords.

Text is split into numeric, alphanumeric and byte segments so that the bit stream is the shortest
possible. Modes are numbered 0, 1, 2; the mode indicator is 1 << mode. What kernels need to know of
each mode is a byte of an integer, mode 0 in the lowest.
"""

import micropython
from micropython import const

# Table 5: alphanumeric values of the characters from space to Z; 99 for those that have none.
_ALPHANUMERIC = (
    b"\x24\x63\x63\x63\x25\x26\x63\x63\x63\x63\x27\x28\x63\x29\x2a\x2b"
    b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x2c\x63\x63\x63\x63\x63"
    b"\x63\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18"
    b"\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23"
)
# Table 3: eight times the bits of mode and character count indicators, for three version groups.
_HEADS = (0x606870, 0xA07880, 0xA08890)
_FAR = const(1 << 28)


def version_group(version: int) -> int:
    """Which of the three widths of character count indicators `version` uses (table 3)."""
    return (version > 9) + (version > 26)


@micropython.viper
def utf8_length(text: ptr8, at: int, count: int) -> int:
    """Octets that `count` characters take in the UTF-8 `text`, which a zero follows, if `at` is 0."""
    while count or text[at] & 0xC0 == 0x80:
        if text[at] & 0xC0 != 0x80:
            count -= 1
        at += 1
    return at


@micropython.viper
def _plan(text: ptr8, mode: int, count: int, heads: int, scratch: object, values: ptr8) -> int:
    """Write the mode of each octet for the shortest stream to `scratch`; return its bits.

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
        if 0 <= value and value < 59:
            value = values[value]
        else:
            value = 99
        came = 0
        next_low = _FAR
        next_best = 0
        mode = 3
        while mode:
            mode -= 1
            shift = mode << 3
            cost = costs[mode]
            start = (heads >> shift & 0xFF) + low
            before = mode
            if start < cost:
                cost = start
                before = best
            came = came << 2 | before
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
def _write(
    text: ptr8,
    at: int,
    count: int,
    heads: int,
    scratch: object,
    out: ptr8,
    size: int,
    full: int,
    values: ptr8,
):
    """Write the planned segments, the terminator and the padding to `out` from `size` to `full`.

    (7.4.9, 7.4.10.) A negative `count` asks for an ECI designator, UTF-8, in front.
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
        elif mode == 0:
            width = 1
            while at < end and width < 10:
                value = value * 10 + text[at] - 48
                width += 3
                at += 1
        elif mode == 2:
            value = text[at]
            width = 8
            at += 1
        else:
            value = values[text[at] - 32]
            width = 6
            at += 1
            if at < end:
                value = value * 45 + values[text[at] - 32]
                width = 11
                at += 1
        bits = bits << width | value
        pending += width
        while pending >= 8 and size < full:
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


def plan(text: object, count: int, eci: bool, group: int, scratch: object) -> int:
    """Bits of the shortest stream for `count` octets of `text` in the version `group`.

    `scratch`, at least 12 bytes longer than the text, keeps the plan for `write`.
    """
    bits = _plan(text, 0, count, _HEADS[group], scratch, _ALPHANUMERIC)
    return bits + 12 if eci else bits


def write(
    text: object,
    count: int,
    eci: bool,
    group: int,
    scratch: object,
    out: object,
    start: int,
    end: int,
) -> None:
    """Fill the data codewords of `out` from `start` to `end` with what `plan` decided."""
    count = -count if eci else count
    _write(text, 0, count, _HEADS[group], scratch, out, start, end, _ALPHANUMERIC)
