"""Drawing: what lists a screen's marks, but for the screen's own module. Loaded for that."""

from micropython import const

from tillqr.panel.marks import Marks
from tillqr.panel.picture import Picture

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.screens.common import Screen
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


def list_marks(screen: "Screen", style: "Style", view: "View", size: "tuple[int, int]") -> Marks:
    """A screen's marks on a panel of a width and height."""
    picture = Picture(size[0], size[1])
    screen.draw(picture, style, view)
    return Marks(picture.bands, picture.marks)
