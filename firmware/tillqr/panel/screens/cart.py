"""The shopping list as it grows, and its total."""

from micropython import const

from tillqr.panel.marks import GREY
from tillqr.panel.screens.common import Screen, fitted
from tillqr.panel.screens.parts import fitting, header, header_height

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View

_GAP = const(5)  # between two lines of the list


class CartScreen(Screen):
    """The last lines that there is room for, the newest one lowest, over the running total."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        cart = view.cart
        small = style.small[0]
        foot = max(style.title[1].height + style.small[-1].height, style.title[0].height + 12)
        body = picture.height - header_height(picture, style) - foot
        bands = ((body, style.colour["surface"]), (foot, style.colour["total"]))
        top = header(picture, style, view, *bands)
        rows = [self._row(picture, small, line, view) for line in cart.lines]
        heights = [_GAP + small.height * (1 + row[3]) for row in rows]
        first = len(rows)
        while first and sum(heights[first - 1 :]) + _GAP <= body:
            first -= 1
        y = top
        for row, height in zip(rows[first:], heights[first:]):
            self._draw_row(picture, small, y + _GAP, row)
            y += height
            picture.fill(picture.margin, y + _GAP // 2, picture.width - 2 * picture.margin, 1, 1)
        self._draw_total(picture, style, view, picture.height - foot, foot)

    def _row(self, picture: "Picture", font: "Font", line: dict, view: "View") -> tuple:
        """Name, quantity and amount, whether there is a second row, and whether the amount is
        in it."""
        room = picture.width - 2 * picture.margin
        amount = view.text.decimal(line["amount"], view.cart.currency)
        quantity = line.get("quantity", "")
        below = font.width(line["name"]) + font.width(amount) + picture.margin > room
        if quantity:
            quantity = "× " + quantity
        name = fitted(font, line["name"], room)
        return name, quantity, amount, int(below or quantity != ""), int(below)

    def _draw_row(self, picture: "Picture", font: "Font", y: int, row: tuple) -> None:
        name, quantity, amount, _, below = row
        picture.text(picture.margin, y, name, font)
        picture.text_right(picture.width - picture.margin, y + below * font.height, amount, font)
        if quantity:
            room = picture.width - 2 * picture.margin - 4
            room -= font.width(amount) if below else 0
            picture.text(picture.margin, y + font.height, fitted(font, quantity, room), font, GREY)

    def _draw_total(
        self, picture: "Picture", style: "Style", view: "View", y: int, foot: int
    ) -> None:
        cart = view.cart
        font = style.small[-1]
        left, right = picture.margin, picture.width - picture.margin
        label, count = view.text("total"), str(cart.count) + " " + view.text("items")
        words = view.text.money(cart.total, cart.currency)
        top = y + (foot - 2 * font.height) // 2
        room = right - 2 * left - max(font.width(label), font.width(count))
        big = fitting(words, style.title[:-1], room)
        if big.width(words) <= room:
            picture.text(left, top, label, font)
            picture.text(left, top + font.height, count, font)
            picture.text_right(right, y + (foot - big.height) // 2, words, big)
            return
        big = fitting(words, style.title[1:], right - left)
        if big.width(words) > right - left:
            words = view.text.decimal(cart.total, cart.currency)
        picture.text(left, y, label, font)
        if font.width(label) + font.width(count) + left <= right - left:
            picture.text_right(right, y, count, font)
        picture.text_right(right, y + foot - big.height, words, big)


make = CartScreen
