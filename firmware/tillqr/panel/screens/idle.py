"""Nothing is to be paid: the shop's name and a greeting."""

from micropython import const

from tillqr.panel.marks import INK
from tillqr.panel.screens.common import Screen
from tillqr.panel.screens.layout import Stack
from tillqr.panel.screens.parts import fitting

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


class IdleScreen(Screen):
    """The shop's name over a greeting; below, in small, that no code could be shown, and why."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        picture.begin((picture.height, style.colour["brand"]))
        notes = _notes(picture, view)
        foot = style.small[0].height * max(1, len(notes)) + picture.margin
        stack = Stack(
            picture, picture.margin, foot, picture.width - picture.margin, picture.height - foot
        )
        stack.add(view.shop, style.title, 3, own=False, main=True)
        stack.add("—", style.title, needed=False)
        stack.add(view.text("welcome"), style.body, 1)
        stack.draw()
        top = picture.height - foot
        for words in notes:
            font = fitting(words, style.small, picture.width)
            picture.text_centre(0, picture.width, top, words, font, INK)
            top += font.height


def _notes(picture: "Picture", view: "View") -> "list[str]":
    """The lines at the foot: that no code could be shown, and why, for the technician."""
    if view.online:
        return []
    words = view.text("refused" if view.trouble.startswith("tls_") else "offline")
    if not view.trouble:
        return [words]
    if picture.width > picture.height:
        return [words + " " + view.trouble]
    return [words, view.trouble]


make = IdleScreen
