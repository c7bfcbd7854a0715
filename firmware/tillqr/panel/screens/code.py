"""The payment code with amount, order, shop and countdown; nothing stands in its quiet zone."""

from micropython import const

from tillqr.panel import code_layout
from tillqr.panel.screens.common import Screen, fitted
from tillqr.panel.screens.layout import Stack
from tillqr.panel.screens.parts import fitting, price

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


def _name(view: "View") -> str:
    """Tells one code from the next, which is in the same object."""
    return view.sale.attempt.nonce + str(view.step)


class CodeScreen(Screen):
    """The code, and the text where code_layout.plan has room for it."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        size = view.code.size
        pixels, layout = code_layout.plan(picture.width, picture.height, size)
        side = (size + 2 * code_layout.QUIET) * pixels
        number = view.text.decimal(view.sale.amount, view.sale.currency)
        column = picture.width - side - 4
        if layout == code_layout.BESIDE and style.small[-1].width(number) > column:
            layout = code_layout.PAGES  # an amount is never cut
        if layout == code_layout.PAGES and view.details:
            self._draw_details(picture, style, view)
            return
        picture.begin((picture.height, style.colour["code"]))
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        if layout == code_layout.AROUND:
            top = self._draw_around(picture, style, view, side)
        elif layout == code_layout.ABOVE:
            top = self._draw_above(picture, style, view, side)
        elif layout == code_layout.BESIDE:
            left = 0
            self._draw_beside(picture, style, view, side)
        quiet = code_layout.QUIET * pixels
        picture.code(left + quiet, top + quiet, view.code, pixels, _name(view))

    def _draw_around(self, picture: "Picture", style: "Style", view: "View", side: int) -> int:
        """Shop and amount above, what to do and the order below; return the code's top."""
        font = style.small[-1]
        what = view.text("scan")
        if font.width(what) > picture.width - 2 * picture.margin:
            what = view.text("scan_short")
        slack = picture.height - side - 2 * font.height
        top = max(slack * 3 // 4 if slack < 90 else slack // 2, min(slack - 5, 52))
        stack = Stack(picture, picture.margin, 2, picture.width - picture.margin, top)
        shop = fitted(font, view.shop, picture.width - 2 * picture.margin)
        stack.add(shop, (font,), needed=False)
        amounts = style.amount[1:] if top > 60 else style.amount[3:]
        stack.add(price(picture, style, view), amounts, 2, main=True)
        stack.draw()
        bottom = picture.height - font.height - 3
        stack = Stack(picture, picture.margin, top + side, picture.width - picture.margin, bottom)
        stack.add(what, style.body + (font,))
        stack.draw()
        self._draw_line(picture, style, view, bottom)
        return top

    def _draw_above(self, picture: "Picture", style: "Style", view: "View", side: int) -> int:
        """Amount and countdown above; below, if there is room, what to do and the order; return
        the code's top."""
        small, left = style.small[-1], picture.margin
        right, top = picture.width - left, picture.height - side
        if top >= 2 * small.height + 4:
            top -= small.height + 4
            bottom = picture.height - small.height - 2
            number = fitted(small, view.sale.order, picture.width // 2, True)
            picture.text_right(right, bottom, number, small)
            room = right - left - small.width(number) - 8
            picture.text(left, bottom, fitted(small, view.text("scan_short"), room), small)
        clock = picture.clock(right, (top - small.height) // 2, view.clock, small)
        words = price(picture, style, view)
        fonts = tuple(font for font in style.amount[1:] if font.height <= top)
        font = fitting(words, fonts, clock - 2 * left)
        picture.text(left, (top - font.height) // 2, words, font)
        return top

    def _draw_line(self, picture: "Picture", style: "Style", view: "View", y: int) -> None:
        """The order at the left and the countdown at the right."""
        font = style.small[-1]
        left = picture.margin
        right = picture.clock(picture.width - left, y, view.clock, font) - 2
        words = view.text.order(view.sale.order)
        if font.width(words) > right - left:
            words = view.sale.order
        picture.text(left, y, fitted(font, words, right - left, True), font)

    def _draw_beside(self, picture: "Picture", style: "Style", view: "View", side: int) -> None:
        font = style.small[-1]
        bottom = picture.height - font.height - picture.margin
        picture.clock(picture.width - picture.margin, bottom, view.clock, font)
        stack = Stack(picture, side, picture.margin, picture.width - 4, bottom)
        room = picture.width - 4 - side
        stack.add(fitted(font, view.shop, room), (font,), needed=False)
        stack.add(price(picture, style, view), style.amount[1:], 2, 6, main=True)
        stack.add(fitted(font, view.sale.order, room, True), (font,), 1, 6)
        stack.add(view.text("scan" if picture.height > 200 else "scan_short"), style.body, 3, 10)
        stack.draw()

    def _draw_details(self, picture: "Picture", style: "Style", view: "View") -> None:
        picture.begin((picture.height, style.colour["surface"]))
        font = style.small[-1]
        bottom = picture.height - font.height - 4
        stack = Stack(
            picture, picture.margin, picture.margin, picture.width - picture.margin, bottom
        )
        room = picture.width - 2 * picture.margin
        shop = fitting(view.shop, style.body, room)
        stack.add(fitted(shop, view.shop, room), (shop,), needed=False)
        stack.add(price(picture, style, view), style.amount, 2, 8, main=True)
        stack.add(view.text("scan"), style.body, 2, 8)
        stack.add(view.text("next_code"), style.small, 2, 4)
        stack.draw()
        self._draw_line(picture, style, view, bottom)


make = CodeScreen
