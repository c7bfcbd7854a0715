"""Where what is to be shown differs from what is shown: only there pixels are made and sent."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.marks import Marks

_MOST_REGIONS = const(6)


def regions(
    drawn: "Marks", shown: "Marks", size: "tuple[int, int]"
) -> "list[tuple[int, int, int, int]]":
    """The rectangles (left, top, right, bottom) in which `drawn` differs from `shown`, on a panel
    of a width and height.

    Left and right are multiples of 4, as a byte holds four pixels; so right may be beyond the
    panel's width.
    """
    found: "list[tuple[int, int, int, int]]" = []
    top, bottom = _other_bands(drawn.bands, shown.bands)
    if top < bottom:
        found.append((0, top, (size[0] + 3) // 4 * 4, min(bottom, size[1])))
    for one, other in ((drawn, shown), (shown, drawn)):
        for mark in one.marks:
            if mark not in other.marks:
                _add(found, _region(mark, size))
    return found


def _region(mark: tuple, size: "tuple[int, int]") -> "tuple[int, int, int, int]":
    left, right = max(0, mark[0]), min(size[0], mark[2])
    top, bottom = max(0, mark[1]), min(size[1], mark[3])
    return (left // 4 * 4, top, (right + 3) // 4 * 4, bottom)


def _other_bands(bands: "list[tuple]", others: "list[tuple]") -> "tuple[int, int]":
    """The first row whose palette differs, and the one after the last."""
    if not others:
        return 0, 0xFFFF
    top, bottom, start = 0xFFFF, 0, 0
    edges = sorted([band[0] for band in bands] + [band[0] for band in others])
    for end in edges:
        if start < end and _palette(bands, start) != _palette(others, start):
            top, bottom = min(top, start), end
        start = end
    return top, bottom


def _palette(bands: "list[tuple]", row: int) -> "tuple[int, int] | None":
    for end, palette in bands:
        if row < end:
            return palette
    return None


def _add(regions: list, new: "tuple[int, int, int, int]") -> None:
    """Add a rectangle, joined with every other one that it touches or that joins it cheaply."""
    if new[0] >= new[2] or new[1] >= new[3]:
        return
    index = 0
    while index < len(regions):
        union = _union(regions[index], new)
        apart = _area(regions[index]) + _area(new)
        if _area(union) <= apart + apart // 4 or len(regions) >= _MOST_REGIONS:
            regions.pop(index)
            new, index = union, 0
        else:
            index += 1
    regions.append(new)


def _union(one: tuple, other: tuple) -> "tuple[int, int, int, int]":
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _area(region: tuple) -> int:
    return (region[2] - region[0]) * (region[3] - region[1])
