"""Notices: a coloured screen that says what is going on, and what to do."""

from micropython import const

from tillqr.panel.screens.common import Screen, order, price
from tillqr.panel.screens.layout import Stack
from tillqr.unload import load

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View

_ROWS = "tillqr.panel.screens.notice_rows"


class NoticeScreen(Screen):
    """One row of the notices. On a panel that is wider than high the icon stands at the left."""

    def __init__(self, state: str) -> None:
        row = load(_ROWS).row_of(state)
        _, self._role, self._icon, self._headline, more = row.split("|")
        self._more = more.split(" ")

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        picture.begin((picture.height, style.colour[self._role]))
        left = picture.margin
        if self._icon and picture.width > picture.height:
            font = style.icon[0] if picture.height > 200 else style.icon[1]
            stack = self._stack(picture, style, view, left + font.size + picture.margin)
            if stack.fits():
                picture.text(left, (picture.height - font.height) // 2, self._icon, font)
                stack.draw()
                return
        self._stack(picture, style, view, left).draw()

    def _stack(self, picture: "Picture", style: "Style", view: "View", left: int) -> Stack:
        edge = picture.margin // 2
        right = picture.width - picture.margin
        stack = Stack(picture, left, edge, right, picture.height - edge)
        if picture.width <= picture.height:
            stack.add(self._icon, style.icon, needed=False, main=True)
        stack.add(view.text(self._headline), style.title, 3, 6, main=True)
        for name in self._more:
            self._add(stack, picture, style, view, name)
        return stack

    def _add(
        self, stack: Stack, picture: "Picture", style: "Style", view: "View", name: str
    ) -> None:
        if name == "$amount":
            stack.add(price(picture, style, view), style.amount[1:], 2, 4, main=True)
        elif name == "$order":
            stack.add(order(view), style.small, 2, 10, needed=False, own=False)
        elif name == "$method":
            words = view.text("by_qr" if view.sale.method == "qr" else "by_card")
            stack.add(words, style.small, 1, 0, needed=False)
        elif name == "$reason":
            sale = view.sale
            name = "reason_" + (sale.attempt.reason if sale.attempt else sale.notice)
            words = view.text(name)
            if words == name:  # it is no reason that is known here
                words = view.text("reason_declined")
            stack.add(words, style.body, 6, 6)
        elif name == "$note":
            stack.add(view.note, style.small, 4, 10, needed=False, own=False)
        else:
            stack.add(view.text(name), style.body, 6, 6)
