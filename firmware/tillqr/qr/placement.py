"""Codeword placement (ISO/IEC 18004 clause 7.7.3) in the matrix that matrix.py lays out."""

import micropython

# Codeword bits a, b, c, d fill two rows of two columns: a, b one row, c, d the next. For each such
# nibble: the right column's modules, the upper one first, in bits 5 and 4, the left column's in
# bits 1 and 0; first for the downward and then for the upward direction.
_NIBBLES = (
    b"\x00\x01\x10\x11\x02\x03\x12\x13\x20\x21\x30\x31\x22\x23\x32\x33"
    b"\x00\x02\x20\x22\x01\x03\x21\x23\x10\x12\x30\x32\x11\x13\x31\x33"
)


@micropython.viper
def _place(words: ptr32, size: int, count: int, stream: ptr8, nibbles: ptr8):
    """Fill the free modules of the columns, two columns at a time from the right, up and down.

    Each row takes its right module before its left. Where four rows are free in both columns, the
    next eight bits go in at once; other rows are filled module by module.
    """
    stride = size + 4
    columns = 2 * (count * stride + 4)
    i = 0
    last = 0  # the codeword being used up, and how many of its bits are left
    left = 0
    upwards = 1
    x = size - 1
    while x > 0:
        if x == 6:
            x = 5  # the vertical timing pattern's column belongs to no pair
        done = 0
        while done < count:
            strip = count - 1 - done if upwards else done
            done += 1
            at = strip * stride + x
            free_right = words[at + 4]
            free_left = words[at + 3]
            at += columns
            right = words[at]
            other = words[at - 1]
            groups = ((size + 3) >> 2) - (strip << 3)
            if groups > 8:
                groups = 8
            shift = 32 - (groups << 2) if upwards else 28
            while groups:
                groups -= 1
                fr = free_right >> shift & 15
                fl = free_left >> shift & 15
                if fr & fl == 15:
                    bits = last << 8
                    last = stream[i]
                    i += 1
                    bits = (bits | last) >> left
                    high = nibbles[(upwards << 4) + (bits >> 4 & 15)]
                    low = nibbles[(upwards << 4) + (bits & 15)]
                    bits = low << 2 | high if upwards else high << 2 | low
                    right |= (bits >> 4) << shift
                    other |= (bits & 15) << shift
                elif fr | fl:
                    row = 1 if upwards else 8
                    while row & 15:
                        if fr & row:
                            if left == 0:
                                last = stream[i]
                                i += 1
                                left = 8
                            left -= 1
                            if last >> left & 1:
                                right |= row << shift
                        if fl & row:
                            if left == 0:
                                last = stream[i]
                                i += 1
                                left = 8
                            left -= 1
                            if last >> left & 1:
                                other |= row << shift
                        row = row << 1 if upwards else row >> 1
                shift += 4 if upwards else -4
            words[at] = right
            words[at - 1] = other
        upwards ^= 1
        x -= 2


@micropython.viper
def _transpose(words: ptr32, size: int, count: int):
    """Copy the columns to the rows, 32 by 32 modules at a time, and fill the bits beyond.

    A square is transposed by swapping its off-diagonal quarters, then theirs, down to single bits.
    """
    stride = size + 4
    rows = count * stride + 8
    columns = rows + count * stride
    square = columns + count * stride + 4  # masked is not in use yet
    half = 0xFFFF
    across = 0
    while across < count:
        lines = size - (across << 5)
        down = 0
        while down < count:
            at = columns + down * stride + (across << 5)
            i = 0
            while i < 32:
                words[square + i] = words[at + i] if i < lines else 0
                i += 1
            mask = half
            step = 16
            while step:
                i = square
                while i < square + 32:
                    end = i + step
                    while i < end:
                        swap = (words[i] ^ words[i + step] >> step) & mask
                        words[i] ^= swap
                        words[i + step] ^= swap << step
                        i += 1
                    i += step
                step >>= 1
                mask ^= mask << step
            at = rows + across * stride + (down << 5)
            i = size - (down << 5)
            if i > 32:
                i = 32
            while i:
                i -= 1
                words[at + i] = words[square + i]
            down += 1
        across += 1
    i = 0
    while i < 32:
        words[square + i] = 0
        i += 1
    beyond = (1 << (32 - (size & 31))) - 1
    strip = count - 1
    while strip < 2 * count:
        line = 1
        at = rows + strip * stride
        while line < size:
            words[at + line] |= beyond
            line += 2
        strip += count


def place(words: object, size: int, stream: object) -> None:
    """Complete the unmasked symbol of `size` modules: its columns and then its rows.

    `stream` is the final codeword sequence with one zero byte behind it for the remainder bits.
    """
    count = (size + 31) >> 5
    _place(words, size, count, stream, _NIBBLES)
    _transpose(words, size, count)
