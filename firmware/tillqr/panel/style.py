"""Style: what the screens' colours and sizes are, by theme and text size.

Colours are 24-bit RGB, written as paper/ink, and such as a panel with four bits a channel shows
as they are. Every pair has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), those of the theme
"contrast" one of 7 to 1 (1.4.6); so does grey text on "surface" (tests/firmware/test_style.py).
"""

from micropython import const

from tillqr.panel.font import Font

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.glyph_store import GlyphStore

THEMES = """\
role    light         dark          contrast
surface FFFFFF/111111 111111/EEEEEE 000000/FFFFFF
brand   112244/FFFFFF 223355/FFFFFF 000000/FFFFFF
total   EEEEEE/111111 333333/FFFFFF FFFFFF/000000
good    006633/FFFFFF 005533/FFFFFF 004422/FFFFFF
bad     AA2222/FFFFFF 882222/FFFFFF 660000/FFFFFF
wait    774400/FFFFFF 664400/FFFFFF 443300/FFFFFF
calm    444455/FFFFFF 333344/FFFFFF 222233/FFFFFF
code    FFFFFF/000000 FFFFFF/000000 FFFFFF/000000"""

SMALL, BODY, LARGE, TITLE, HUGE = const(16), const(22), const(28), const(34), const(48)
ICON_SMALL, ICON = const(44), const(72)
"""Sizes of the fonts in pixels; the two of icons have nothing else."""
_SIZES = (SMALL, BODY, LARGE, TITLE, HUGE, ICON_SMALL, ICON)


class Style:
    """Colours by role, as pairs of paper and ink, and fonts by use: each a tuple from the one
    wished for to the smallest that will do. It has no functions, so that this module can be let
    go."""

    if TYPE_CHECKING:
        colour: "dict[str, tuple[int, int]]"
        small: "tuple[Font, ...]"
        body: "tuple[Font, ...]"
        title: "tuple[Font, ...]"
        amount: "tuple[Font, ...]"
        icon: "tuple[Font, ...]"
        fonts: "dict[int, Font]"  # by their sizes


def make_style(file: "GlyphStore", theme: str, large: bool) -> Style:
    """theme: one of the columns of THEMES; large: text one size larger where there is room."""
    made = Style()
    made.colour = _colours(theme)
    made.fonts = {size: Font(file, size) for size in _SIZES}
    small, body, more, title, huge, icon_small, icon = [made.fonts[size] for size in _SIZES]
    made.small = (body, small) if large else (small,)
    made.body = (more, body, small) if large else (body, small)
    made.title = (title, more, body, small)
    made.amount = (huge, title, more, body, small)
    made.icon = (icon, icon_small)
    return made


def _colours(theme: str) -> "dict[str, tuple[int, int]]":
    colours = {}
    lines = THEMES.split("\n")
    column = lines[0].split().index(theme)
    for line in lines[1:]:
        words = line.split()
        paper, ink = words[column].split("/")
        colours[words[0]] = (int(paper, 16), int(ink, 16))
    return colours
