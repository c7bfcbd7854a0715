"""A card or phone is to be held to the display."""

from micropython import const

from tillqr.panel.marks import INK, OVERHANG
from tillqr.panel.screens.common import Screen, breakable
from tillqr.panel.screens.layout import Stack

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View

_SIGN = "\ue010"
"""One of the icons of marks.Sign; it is as large as the others."""


class TapScreen(Screen):
    """The amount over a moving sign."""

    has_words = True

    def __init__(self, view: "View") -> None:
        self._amount = view.text.money(view.sale.amount, view.sale.currency)
        self._title, self._more = view.text("tap"), view.text("tap_more")

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        picture.begin((picture.height, style.colour["brand"]))
        stack = Stack(
            picture,
            picture.margin,
            picture.margin,
            picture.width - picture.margin,
            picture.height - picture.margin,
        )
        stack.add(breakable(picture, style, self._amount), style.amount[1:], 2, main=True)
        stack.add(_SIGN, style.icon, 1, 10, main=True)
        stack.add(self._title, style.title, 2, 8, main=True)
        stack.add(self._more, style.body, 3, 4, needed=False)
        stack.draw()
        for at, (left, top, right, bottom, thing, size, _) in enumerate(picture.marks):
            if thing == _SIGN:
                left, right = left + OVERHANG, right - OVERHANG
                picture.marks[at] = (left, top, right, bottom, view.sign, size, INK)


make = TapScreen
