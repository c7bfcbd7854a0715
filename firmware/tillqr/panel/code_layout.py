"""How a QR symbol and its text share a panel (ISO/IEC 18004, 6.3.8: four light modules around).

A layout is how many pixels a module has and where the text stands: the one with the most pixels
a module, of these the one with the most room for text. Where all of them leave fewer than three,
the symbol gets the whole panel, and the text a page of its own.
"""

from micropython import const

QUIET = const(4)
"""Modules of the quiet zone on each side."""
LEAST_PIXELS = const(3)
"""Pixels a module that phones need."""
AROUND, BESIDE, ABOVE, PAGES = const(1), const(2), const(3), const(4)
"""Text above and below; beside; in one line above; on a page of its own."""
_ROWS_AROUND = const(76)  # an amount of 28 pixels and two lines of 16, with the gaps
_COLUMN_BESIDE = const(84)
_ROWS_ABOVE = const(22)


def plan(width: int, height: int, size: int) -> "tuple[int, int]":
    """Pixels a module and the layout for a symbol of `size` modules; (0, 0) if none is legible."""
    side = size + 2 * QUIET
    pixels, layout = 0, 0
    for rows, columns, kind in (
        (_ROWS_AROUND, 0, AROUND),
        (0, _COLUMN_BESIDE, BESIDE),
        (_ROWS_ABOVE, 0, ABOVE),
    ):
        most = min(width - columns, height - rows) // side
        if most > pixels:
            pixels, layout = most, kind
    if pixels < LEAST_PIXELS:
        pixels, layout = min(width, height) // side, PAGES
    return (pixels, layout) if pixels >= LEAST_PIXELS else (0, 0)
