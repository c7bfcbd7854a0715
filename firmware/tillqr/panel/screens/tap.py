"""A card or phone is to be held to the display."""

from micropython import const

from tillqr.panel.screens.common import Screen, price
from tillqr.panel.screens.layout import Stack

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View

FRAMES = "\ue010\ue011\ue012\ue013"
"""The icons of the animation: waves that spread."""


class TapScreen(Screen):
    """The amount over a moving sign."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        picture.begin((picture.height, style.colour["brand"]))
        stack = Stack(
            picture,
            picture.margin,
            picture.margin,
            picture.width - picture.margin,
            picture.height - picture.margin,
        )
        stack.add(price(picture, style, view), style.amount[1:], 2, main=True)
        stack.add(FRAMES[view.frame % len(FRAMES)], style.icon, 1, 10, main=True)
        stack.add(view.text("tap"), style.title, 2, 8, main=True)
        stack.add(view.text("tap_more"), style.body, 3, 4, needed=False)
        stack.draw()


screen = TapScreen()
