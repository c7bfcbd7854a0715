"""Notices: a coloured screen that says what is going on, and what to do."""

from micropython import const

from tillqr.panel.marks import INK
from tillqr.panel.screens.common import Screen, breakable
from tillqr.panel.screens.layout import Stack

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


class NoticeScreen(Screen):
    """A notice. On a panel that is wider than high the icon stands at the left."""

    has_words = True

    def __init__(self, role: str, icon: str, texts: "list[tuple]") -> None:
        """As notice_words.read says them."""
        self._role = role
        self._icon = icon
        self._texts = texts

    def draw(self, picture: "Picture", style: "Style", _: "View") -> None:
        picture.begin((picture.height, style.colour[self._role]))
        left = picture.margin
        if self._icon and picture.width > picture.height:
            font = style.icon[0] if picture.height > 200 else style.icon[1]
            stack = self._stack(picture, style, left + font.size + picture.margin)
            if stack.fits():
                picture.text(left, (picture.height - font.height) // 2, self._icon, font)
                stack.draw()
                return
        self._stack(picture, style, left).draw()

    def _stack(self, picture: "Picture", style: "Style", left: int) -> Stack:
        edge = picture.margin // 2
        right = picture.width - picture.margin
        stack = Stack(picture, left, edge, right, picture.height - edge)
        if picture.width <= picture.height:
            stack.add(self._icon, style.icon, needed=False, main=True)
        fonts = {"title": style.title, "body": style.body, "small": style.small}
        for words, use, lines, gap, needed, own, main in self._texts:
            if use == "amount":
                words, these = breakable(picture, style, words), style.amount[1:]
            else:
                these = fonts[use]
            stack.add(words, these, lines, gap, INK, needed, own, main)
        return stack
