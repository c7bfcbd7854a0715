"""Data analysis and encodation (ISO/IEC 18004 clause 7.4): text to data codewords.

Text is split into numeric, alphanumeric and byte segments so that the bit stream is the shortest
possible. Modes are numbered 0, 1, 2; the mode indicator is 1 << mode.
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
# Table 3: bits of the character count indicator, three modes for each of three version groups.
_COUNT_BITS = b"\x0a\x09\x08\x0c\x0b\x10\x0e\x0d\x10"
_ECI_BITS = const(12)
_FAR = const(1 << 28)


def version_group(version: int) -> int:
    """Which of the three widths of character count indicators `version` uses (table 3)."""
    return (version > 9) + (version > 26)


@micropython.viper
def utf8_length(text: ptr8, count: int) -> int:
    """Octets that `count` characters take in the UTF-8 `text`."""
    at = 0
    while count:
        lead = text[at]
        at += 1 + int(lead > 0xBF) + int(lead > 0xDF) + int(lead > 0xEF)
        count -= 1
    return at


@micropython.viper
def _plan(text: ptr8, count: int, group: int, path: object, values: ptr8, widths: ptr8) -> int:
    """Write into `path` the mode of each octet for the shortest stream; return its bits.

    The cheapest way to have encoded all octets up to this one is kept for each mode that could
    hold it, in eighths of a bit: a digit takes 27, 27 and 26, an alphanumeric character 44, an
    octet 64. A segment that ends is rounded up to whole bits, which its mode's padding rule equals.
    Path holds the three predecessors of each octet, two bits each, until it is walked back.
    """
    trail = ptr8(path)
    head_n = (4 + widths[3 * group]) << 3
    head_a = (4 + widths[3 * group + 1]) << 3
    head_b = (4 + widths[3 * group + 2]) << 3
    numeric = alnum = octet = _FAR
    low = 0
    best = 3
    at = 0
    while at < count:
        value = text[at] - 32
        value = values[value] if 0 <= value and value < 59 else 99  # noqa: SIM300
        came = 0x24  # each mode from itself: 0, 1 << 2, 2 << 4
        octet += 64
        start = low + head_b + 64
        if start < octet:
            octet = start
            came = 0x04 | best << 4
        new_a = new_n = _FAR
        if value < 45:
            new_a = alnum + 44
            start = low + head_a + 44
            if start < new_a:
                new_a = start
                came = came & 0x33 | best << 2
            if value < 10:
                new_n = numeric + 27
                new_n -= int(new_n & 7 == 1)
                start = low + head_n + 27
                if start < new_n:
                    new_n = start
                    came = came & 0x3C | best
        alnum = new_a
        numeric = new_n
        trail[at] = came
        low = octet
        best = 2
        if alnum < _FAR:
            start = (alnum + 7) >> 3 << 3
            if start < low:
                low = start
                best = 1
            start = (numeric + 7) >> 3 << 3
            if start < low:
                low = start
                best = 0
        at += 1
    while at:
        at -= 1
        came = trail[at]
        trail[at] = best
        best = (came >> (best << 1)) & 3
    return low >> 3


@micropython.viper
def _write(
    text: ptr8,
    count: int,
    eci: int,
    group: int,
    path: object,
    out: ptr8,
    start: int,
    capacity: int,
    values: ptr8,
    widths: ptr8,
):
    """Write the segments that `path` tells, the terminator and the padding (7.4.9, 7.4.10).

    `eci` puts ECI 26 (UTF-8) in front; `out` gets `capacity` codewords from
    `start` on.
    """
    modes = ptr8(path)
    bits = 0
    pending = 0
    size = start
    capacity += start
    if eci:
        out[size] = 0x71
        size += 1
        bits = 0x0A
        pending = 4
    at = 0
    end = 0
    mode = 2
    while at < count:
        if at == end:
            mode = modes[at]
            while end < count and modes[end] == mode:
                end += 1
            width = widths[3 * group + mode]
            value = (1 << (width + mode)) | (end - at)
            width += 4
        elif mode == 2:
            value = text[at]
            width = 8
            at += 1
        elif mode:
            value = values[text[at] - 32]
            width = 6
            at += 1
            if at < end:
                value = value * 45 + values[text[at] - 32]
                width = 11
                at += 1
        else:
            value = 0
            width = 1
            while at < end and width < 10:
                value = value * 10 + text[at] - 48
                width += 3
                at += 1
        bits = bits << width | value
        pending += width
        while pending >= 8:
            pending -= 8
            out[size] = (bits >> pending) & 0xFF
            size += 1
        bits &= 0xFF
    if size < capacity:
        # the terminator is up to four zeros; four that cross into the next codeword fill it too
        out[size] = (bits << (8 - pending)) & 0xFF
        if pending:
            size += 1
        if (pending == 0 or pending > 4) and size < capacity:
            out[size] = 0
            size += 1
    value = 0xEC
    while size < capacity:
        out[size] = value
        value ^= 0xFD
        size += 1


def plan(text: object, count: int, eci: bool, group: int, path: object) -> int:
    """Bits of the shortest stream for `count` octets of `text` in the version `group`.

    `path`, a buffer of at least `count` bytes, gets the mode of each octet.
    """
    bits = _plan(text, count, group, path, _ALPHANUMERIC, _COUNT_BITS)
    return bits + _ECI_BITS if eci else bits


def write(
    text: object,
    count: int,
    eci: bool,
    group: int,
    path: object,
    out: object,
    start: int,
    capacity: int,
) -> None:
    """Fill the `capacity` data codewords of `out` from `start` with what `plan` decided."""
    _write(text, count, eci, group, path, out, start, capacity, _ALPHANUMERIC, _COUNT_BITS)
