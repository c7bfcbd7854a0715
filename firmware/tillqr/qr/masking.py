"""Data masking and format information (ISO/IEC 18004 clauses 7.8, 7.9).

The mask patterns repeat every twelve modules or fewer, so that a line of one is a twelve bit word.
"""

import micropython

# Lines of the mask patterns: two bytes each, twelve modules from bit 11 down, 1 where the pattern
# inverts.
_LINES = (
    b"\x0a\xaa\x05\x55\x0f\xff\x00\x00\x09\x24\x09\x24\x02\x49\x04\x92\x0e\x38\x0e\x38"
    b"\x01\xc7\x01\xc7\x0f\xff\x08\x20\x09\x24\x0a\xaa\x09\x24\x08\x20\x0f\xff\x0e\x38"
    b"\x0d\xb6\x0a\xaa\x0b\x6d\x08\xe3\x0a\xaa\x01\xc7\x08\xe3\x05\x55\x0e\x38\x07\x1c"
    b"\x0a\xaa\x0f\xff\x00\x00\x00\x00\x0c\xcc\x0c\xcc\x0c\xcc\x03\x33\x03\x33\x03\x33"
)

# For masks 0 to 7 by rows, then by columns: after how many lines the pattern repeats, and the
# first of them in _LINES.
_PATTERNS = (
    b"\x02\x00\x02\x02\x01\x04\x03\x05\x04\x08\x06\x0c\x06\x12\x06\x18"
    b"\x02\x00\x01\x1e\x03\x1f\x03\x05\x06\x22\x06\x0c\x06\x12\x06\x18"
)


@micropython.viper
def _mask(words: ptr32, size: int, count: int, mask: int, patterns: ptr8, lines: ptr8):
    """Write the plain rows and columns, their free modules masked, to the masked half."""
    stride = size + 4
    to_plain = count * stride + 4
    half = 0
    while half < 2:
        period = patterns[(half << 4) + (mask << 1)]
        first = patterns[(half << 4) + (mask << 1) + 1]
        shift = 12
        strip = 0
        while strip < count:
            free = strip * stride + 4
            plain = free + to_plain
            masked = plain + to_plain + count * stride
            if half:
                plain += count * stride
                masked += count * stride
            line = 0
            while line < period:
                bits = lines[(first + line) << 1] << 8 | lines[((first + line) << 1) + 1]
                bits = (bits << 12 | bits) >> shift & 0xFFF
                bits = bits << 20 | bits << 8 | bits >> 4
                i = line
                while i < size:
                    words[masked + i] = words[plain + i] ^ (words[free + i] & bits)
                    i += period
                line += 1
            shift -= 8  # 32 modules on, the pattern is 8 modules further
            if shift <= 0:
                shift += 12
            strip += 1
        half += 1


@micropython.viper
def _format_information(words: ptr32, size: int, count: int, data: int):
    """Draw both copies of the format information, a (15, 5) BCH code of `data`, into masked.

    Bit i is at (8, i) or thereabouts and mirrored at (14 - i, 8): line 8 of the rows holds what
    the other columns' lines hold in module 8, in reverse, and the other way round.
    """
    stride = size + 4
    rows = 3 * count * stride + 12
    columns = rows + count * stride
    rest = data
    i = 0
    while i < 10:
        rest = rest << 1 ^ (rest >> 9) * 0x537
        i += 1
    bits = (data << 10 | rest) ^ 0x5412
    mirrored = 0
    module8 = 1 << 23
    far = size - 15
    words[rows + size - 8] |= module8  # the module that is always dark
    i = 0
    while i < 15:
        mirrored <<= 1
        if bits >> i & 1:
            mirrored |= 1
            if i != 7:
                words[rows + i + (int(i == 6) if i < 8 else far)] |= module8
            line = 14 - i
            words[columns + line + (int(line == 6) if line < 7 else far)] |= module8
        i += 1
    shift = 24 - (size - 8 & 31)
    to = rows
    byte = bits & 0xFF
    while to:
        words[to + 8] |= (bits >> 9 & 63) << 26 | (bits >> 7 & 3) << 23
        at = to + 8 + ((size - 8) >> 5) * stride
        if shift >= 0:
            words[at] |= byte << shift
        else:
            words[at] |= byte >> (0 - shift)
            words[at + stride] |= (byte & ((1 << (0 - shift)) - 1)) << (32 + shift)
        bits = mirrored
        byte = 0x80 | mirrored & 0x7F
        to = columns if to == rows else 0


def apply(words: object, size: int, level: int, mask: int) -> None:
    """Write the symbol under `mask`, format information included, to the masked half of `words`.

    `level` is an index into LEVELS.
    """
    count = (size + 31) >> 5
    _mask(words, size, count, mask, _PATTERNS, _LINES)
    _format_information(words, size, count, (level ^ 1) << 3 | mask)


@micropython.viper
def _export(words: ptr32, size: int, count: int, rows: ptr8):
    """Pack the masked rows into `rows`, (size + 7) // 8 bytes each."""
    stride = size + 4
    at = 3 * count * stride + 12
    width = (size + 7) >> 3
    pad = 0xFF << (width << 3) - size & 0xFF
    to = 0
    line = 0
    while line < size:
        i = 0
        while i < width:
            rows[to] = words[at + (i >> 2) * stride] >> (24 - ((i & 3) << 3)) & 0xFF
            to += 1
            i += 1
        rows[to - 1] &= pad
        at += 1
        line += 1


def export(words: object, size: int, rows: object) -> None:
    """Pack the masked symbol into `rows`, most significant bit leftmost, pad bits zero."""
    _export(words, size, (size + 31) >> 5, rows)
