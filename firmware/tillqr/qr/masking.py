"""Data masking and format information (ISO/IEC 18004 clauses 7.8, 7.9)."""

import micropython


@micropython.viper
def apply(i: int, word: int, words: ptr32, size: int, count: int, data: int, patterns: ptr8):
    """Write the plain rows and columns, masked, and the format information to the masked half.

    `patterns` is PATTERNS (tables.py).

    `data` is the format information's five bits, the mask's three the lowest; the code is (15, 5)
    BCH. Bit i is module 8 of a line of the rows, so it is in line 8 of the columns; its copy is
    where bit 14 - i would be if rows and columns were exchanged. The places of bit 7 are dark
    before, like the one dark module that takes the place of a copy of it: so bits are added, and
    bit 7 is added inverted.
    """
    strips = count * (size + 4)
    plain = strips + 4
    entry = (data & 7) << 1
    bits = data
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
    rows = masked + 4 - strips
    columns = masked + 4
    i = 10
    while i:
        i -= 1
        bits = bits << 1 ^ (bits >> 9) * 0x537
    data = (bits | data << 10) ^ 0x5492
    step = 1
    i = 0
    near = 8
    while near > 6:
        bits = data
        while i >= 0 and i < 15:
            if bits & 1:
                at = i + (int(i > 5) if i < near else size - 15)
                words[rows + at] = words[rows + at] ^ 0x800000
                word = (at >> 5) * (size + 4) + columns + 8
                words[word] = words[word] ^ 1 << (31 - (at & 31))
            bits >>= 1
            i += step
        i = 14
        step = -1
        near -= 1
        at = rows
        rows = columns
        columns = at


@micropython.viper
def export(to: int, size: int, words: ptr32, count: int, out: ptr8):
    """Pack the masked rows into `out`, most significant bit leftmost, pad bits zero."""
    line = 3 * count * (size + 4) + 12
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
