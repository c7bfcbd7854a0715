"""Data masking and format information (ISO/IEC 18004 clauses 7.8, 7.9)."""

import micropython

# The mask patterns repeat every 12 modules or fewer. Two bytes for masks 0 to 7 by rows and then
# by columns: after how many lines the pattern repeats and where in this table the first of them is.
# Two bytes for each line: 12 modules from bit 11 down, 1 where the pattern inverts.
_PATTERNS = (
    b"\x02\x20\x02\x24\x01\x28\x03\x2a\x04\x30\x06\x38\x06\x44\x06\x50"
    b"\x02\x20\x01\x5c\x03\x5e\x03\x2a\x06\x64\x06\x38\x06\x44\x06\x50"
    b"\x0a\xaa\x05\x55\x0f\xff\x00\x00\x09\x24\x09\x24\x02\x49\x04\x92"
    b"\x0e\x38\x0e\x38\x01\xc7\x01\xc7\x0f\xff\x08\x20\x09\x24\x0a\xaa"
    b"\x09\x24\x08\x20\x0f\xff\x0e\x38\x0d\xb6\x0a\xaa\x0b\x6d\x08\xe3"
    b"\x0a\xaa\x01\xc7\x08\xe3\x05\x55\x0e\x38\x07\x1c\x0a\xaa\x0f\xff"
    b"\x00\x00\x00\x00\x0c\xcc\x0c\xcc\x0c\xcc\x03\x33\x03\x33\x03\x33"
)


@micropython.viper
def _mask(words: ptr32, i: int, size: int, strips: int, entry: int, patterns: ptr8):
    """Write the plain rows and columns, their free modules masked, to the masked half.

    `strips` is the length of a set of strips, `entry` is the mask's in `patterns`.
    """
    plain = strips + 4
    while entry < 32:
        masked = (strips << 1) + plain + 4
        period = patterns[entry]
        line = period
        while line:
            line -= 1
            i = (line << 1) + patterns[entry + 1]
            word = patterns[i] << 8
            word = patterns[i + 1] | word
            word = word << 20 | word << 8 | word >> 4
            end = size + 4
            while end <= strips:
                i = end - size + line
                while i < end:
                    words[masked + i] = words[i] & word ^ words[plain + i]
                    i += period
                word = word >> 4 & 0xFF | word << 8  # 32 modules further in the pattern
                end = size + 4 + end
        plain += strips
        entry += 16


@micropython.viper
def _format_information(words: ptr32, at: int, data: int, size: int, rows: int, columns: int):
    """Draw `data` as a (15, 5) BCH code twice, and the dark module, into the masked half.

    Bit i is in module 8 of a line of the rows, so it is in line 8 of the columns; its copy is where
    bit 14 - i would be if rows and columns were exchanged.
    """
    rest = data
    at = 10
    while at:
        at -= 1
        rest = rest << 1 ^ (rest >> 9) * 0x537
    data = (rest | data << 10) ^ 0x5412
    step = 1
    line = 0
    near = 8
    while near > 6:
        bits = data
        left = 15
        while left:
            left -= 1
            if bits & 1:
                to = line + (int(line > 5) if line < near else size - 15)
                words[rows + to] = words[rows + to] | 0x800000
                at = (to >> 5) * (size + 4) + columns + 8
                words[at] = words[at] | 1 << (31 - (to & 31))
            bits >>= 1
            line += step
        line = 14
        step = -1
        near -= 1
        at = rows
        rows = columns
        columns = at
    to = size - 8
    words[rows + to] = words[rows + to] | 0x800000
    at = (to >> 5) * (size + 4) + columns + 8
    words[at] = words[at] | 1 << (31 - (to & 31))


def apply(words: object, size: int, level: int, mask: int) -> None:
    """Write the symbol under `mask`, format information included, to the masked half of `words`.

    `level` is an index into LEVELS.
    """
    strips = ((size + 31) >> 5) * (size + 4)
    _mask(words, 0, size, strips, 2 * mask, _PATTERNS)
    rows = 3 * strips + 12
    _format_information(words, 0, (level ^ 1) << 3 | mask, size, rows, rows + strips)


@micropython.viper
def _export(words: ptr32, at: int, line: int, size: int, out: ptr8):
    """Pack the rows from word `line` on into `out`."""
    to = 0
    end = line + size
    while line < end:
        at = line
        x = 0
        while x < size:
            out[to] = words[at] >> (24 - (x & 24)) & 0xFF
            to += 1
            x += 8
            if x & 31 == 0:
                at = size + 4 + at
        out[to - 1] = 0xFF << (x - size) & out[to - 1]
        line += 1


def export(words: object, size: int, rows: object) -> None:
    """Pack the masked symbol into `rows`, most significant bit leftmost, pad bits zero."""
    strips = ((size + 31) >> 5) * (size + 4)
    _export(words, 0, 3 * strips + 12, size, rows)
