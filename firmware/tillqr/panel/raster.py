"""The strip's pixels: rectangles, glyphs and rows of modules, two bits a pixel.

A strip is some rows of the panel, `stride` bytes each; the leftmost pixel of four stands in a
byte's low bits. Tones go from 0, the paper, to 3, the ink. Everything is clipped to the byte
columns `first` to before `last`, which are the region that is being painted.
"""

import micropython


@micropython.viper
def fill(
    strip: ptr8,
    stride: int,
    first: int,
    last: int,
    x: int,
    y: int,
    end: int,
    bottom: int,
    tone: int,
):
    """Set the pixels from (x, y) to before (end, bottom) to a tone; rows must be in the strip."""
    if x < first * 4:
        x = first * 4
    if end > last * 4:
        end = last * 4
    whole = tone * 0x55
    while y < bottom:
        at = y * stride
        column = x
        while column < end:
            if column & 3 == 0 and end - column > 3:
                strip[at + (column >> 2)] = whole
                column += 4
            else:
                shift = (column & 3) * 2
                place = at + (column >> 2)
                strip[place] = strip[place] & (255 - (3 << shift)) | tone << shift
                column += 1
        y += 1


@micropython.viper
def blit(
    strip: ptr8,
    stride: int,
    first: int,
    last: int,
    rows: int,
    glyphs: ptr8,
    at: int,
    x: int,
    y: int,
    tone: int,
):
    """Draw the glyph at glyphs[at] (font.py) with its origin at (x, y), into rows 0 to `rows`.

    In ink (3) and in grey (2) it is laid over what is there; in paper (0) it is cut out.
    """
    width = glyphs[at]
    left = glyphs[at + 2]
    x += left - ((left & 128) << 1)
    y += glyphs[at + 3]
    row = 0
    height = glyphs[at + 1]
    at += 5
    if y < 0:
        row -= y
        at += row * width
    if height > rows - y:
        height = rows - y
    shift = (x & 3) * 2
    column = x >> 2
    while row < height:
        place = (y + row) * stride
        carry = 0
        index = 0
        while index <= width:
            bits = carry
            if index < width:
                bits |= glyphs[at] << shift
                at += 1
            carry = bits >> 8
            bits &= 255
            here = column + index
            if bits != 0 and here >= first and here < last:
                if tone == 3:
                    strip[place + here] |= bits
                elif tone == 0:
                    strip[place + here] &= 255 - bits
                else:
                    strip[place + here] |= bits - (bits >> 1 & 0x55)
            index += 1
        row += 1


@micropython.viper
def modules(
    strip: ptr8,
    stride: int,
    first: int,
    last: int,
    rows: int,
    bits: ptr8,
    size: int,
    x: int,
    pixels: int,
):
    """Draw one row of a QR symbol into the rows 0 to `rows`: `size` modules of `pixels` pixels,
    dark where a bit is set, the leftmost in a byte's high bit."""
    index = 0
    while index < size:
        if bits[index >> 3] << (index & 7) & 128:
            column = x + index * pixels
            end = column + pixels
            while column < end:
                place = column >> 2
                if place >= first and place < last:
                    row = 0
                    while row < rows:
                        strip[place] |= 3 << (column & 3) * 2
                        place += stride
                        row += 1
                column += 1
        index += 1
