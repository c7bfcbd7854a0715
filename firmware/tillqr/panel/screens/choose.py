"""What is to be paid, and how it can be."""

from micropython import const

from tillqr.panel.marks import GREY
from tillqr.panel.screens.common import Screen
from tillqr.panel.screens.layout import Stack, wrap
from tillqr.panel.screens.parts import header, header_height, price

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


class ChooseScreen(Screen):
    """The amount, as large as it goes; below, each way to pay."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        left, right = picture.margin, picture.width - picture.margin
        kind = "pay_" if len(view.ways) == 1 else "way_"
        ways = [view.text(kind + way) for way in view.ways]
        font = style.body[0]
        head = header_height(picture, style)
        share = 45 if len(ways) == 1 else 55
        lines = sum(len(wrap(words, font, right - left)) for words in ways)
        foot = min(lines * font.height + 6 * len(ways) + 6, (picture.height - head) * share // 100)
        body = picture.height - head - foot
        header(picture, style, view, (body, style.colour["surface"]), (foot, style.colour["calm"]))
        stack = Stack(picture, left, head + 2, right, head + body - 2)
        stack.add(view.text("to_pay"), style.body)
        stack.add(price(picture, style, view), style.amount, 2, 4, main=True)
        stack.add(view.text.order(view.sale.order), style.small, 2, 4, GREY, False, False)
        stack.draw()
        stack = Stack(picture, left, head + body + 2, right, picture.height - 2)
        for words in ways:
            stack.add(words, style.body, 4, 6)
        stack.draw()


make = ChooseScreen
