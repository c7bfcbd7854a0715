"""Nothing is to be paid: the shop's name and a greeting."""

from micropython import const

from tillqr.panel.picture import INK
from tillqr.panel.screens.common import Screen, fitting
from tillqr.panel.screens.layout import Stack

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


class IdleScreen(Screen):
    """The shop's name over a greeting; below, in small, that no code could be shown, and why."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        picture.begin((picture.height, style.colour["brand"]))
        foot = style.small[0].height * (2 if view.trouble else 1) + picture.margin
        stack = Stack(
            picture, picture.margin, foot, picture.width - picture.margin, picture.height - foot
        )
        stack.add(view.shop, style.title, 3, own=False, main=True)
        stack.add("—", style.title, needed=False)
        stack.add(view.text("welcome"), style.body, 1)
        stack.draw()
        if not view.online:
            refused = view.trouble.startswith("tls_")
            top = picture.height - foot
            more = (view.trouble,) if view.trouble else ()
            for words in (view.text("refused" if refused else "offline"),) + more:
                font = fitting(words, style.small, picture.width)
                picture.text_centre(0, picture.width, top, words, font, INK)
                top += font.height


screen = IdleScreen()
