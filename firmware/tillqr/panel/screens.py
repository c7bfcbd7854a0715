"""Screens: small classes that draw what the checkout is doing; they decide nothing.

Each has draw(picture, fonts, view), which lists the whole picture; what changed since the last
one is found out elsewhere. Sizes are pixels, colours 24-bit RGB.
"""

from micropython import const

from tillqr.panel.font import Font
from tillqr.panel.picture import MEDIUM
from tillqr.sale import money

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.texts import Texts
    from tillqr.qr import QrCode
    from tillqr.sale.checkout import Cart, Sale

_WHITE = const(0xFFFFFF)
_BLACK = const(0x101418)
_BRAND = const(0x14213D)
_GREEN = const(0x0B6B38)
_RED = const(0xA3221B)
_AMBER = const(0x7A4B00)
_SLATE = const(0x414B59)
_MARGIN = const(10)
_QUIET = const(4)
_LEAST_TEXT = const(28)
_TALL = const(300)


class View:
    """What the screens are told: the shop, the language, what to show, and the time left."""

    def __init__(self, shop: str, text: "Texts") -> None:
        self.shop = shop
        self.text = text
        self.state = "idle"
        self.cart: "Cart | None" = None
        self.sale: "Sale | None" = None
        self.code: "QrCode | None" = None
        self.seconds = 0


class Fonts:
    """The fonts of one board, opened from a directory."""

    def __init__(self, directory: str) -> None:
        self.small = Font(directory + "/small.tqf", 2400)
        self.medium = Font(directory + "/medium.tqf", 1200)
        self.large = Font(directory + "/large.tqf", 1500)
        self.icon = Font(directory + "/icon.tqf", 0)

    def largest(self, words: str, width: int) -> "Font":
        """The largest text font in which `words` fit `width`, or the smallest there is."""
        for font in (self.large, self.medium):
            if font.width(words) <= width:
                return font
        return self.small


def wrap(words: str, font: "Font", width: int) -> "list[str]":
    """Break a text into lines of at most `width` pixels; a longer word is cut."""
    lines = [""]
    for word in words.split():
        longer = (lines[-1] + " " + word).strip()
        if font.width(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [font.fitted(line, width) for line in lines]


def fitting_pixels(size: int, width: int, height: int) -> int:
    """Pixels a module at which a symbol of `size` modules fits with its quiet zone and a line
    of text, ISO/IEC 18004, 6.3.8; 0 if there is none."""
    return min(width, height - _LEAST_TEXT) // (size + 2 * _QUIET)


class Screen:
    """What a state looks like."""

    def draw(self, picture: "Picture", fonts: Fonts, view: View) -> None:
        """List the whole screen."""
        raise NotImplementedError


def _header(picture: "Picture", fonts: Fonts, view: View, *bands: "tuple[int, int, int]") -> int:
    """The shop's name on the brand's colour, above the bands of the screen; return its height."""
    height = fonts.medium.height + 8
    picture.begin((height, _BRAND, _WHITE), *bands)
    room = picture.width - 2 * _MARGIN
    picture.text_centre(4, fonts.medium.fitted(view.shop, room), fonts.medium)
    return height


def _centred(picture: "Picture", y: int, words: str, font: "Font") -> int:
    """Wrapped text in the middle; return the y below it."""
    for line in wrap(words, font, picture.width - 2 * _MARGIN):
        picture.text_centre(y, line, font)
        y += font.height
    return y


def _amount(picture: "Picture", fonts: Fonts, y: int, amount: int, currency: str) -> int:
    words = money.display(amount, currency)
    font = fonts.largest(words, picture.width - 2 * _MARGIN)
    picture.text_centre(y, words, font)
    return y + font.height


class IdleScreen(Screen):
    """The shop's name and a greeting."""

    def draw(self, picture: "Picture", fonts: Fonts, view: View) -> None:
        picture.begin((picture.height, _BRAND, _WHITE))
        lines = wrap(view.shop, fonts.large, picture.width - 2 * _MARGIN)
        y = (picture.height - len(lines) * fonts.large.height - fonts.medium.height - 12) // 2
        y = _centred(picture, max(_MARGIN, y), view.shop, fonts.large) + 12
        picture.text_centre(y, view.text("welcome"), fonts.medium)


class CartScreen(Screen):
    """The last lines of the shopping list, and the running total below."""

    def draw(self, picture: "Picture", fonts: Fonts, view: View) -> None:
        cart = view.cart
        footer = fonts.large.height + 12
        header = fonts.medium.height + 8
        body = picture.height - header - footer
        bands = ((body, _WHITE, _BLACK), (footer, _SLATE, _WHITE))
        y = _header(picture, fonts, view, *bands) + 4
        row = 2 * fonts.small.height + 2
        shown = (body - 4) // row
        for line in cart.lines[-shown:]:
            self._line(picture, fonts.small, y, line, cart.currency)
            y += row
        self._total(picture, fonts, picture.height - footer + 6, view)

    def _line(self, picture: "Picture", font: "Font", y: int, line: dict, currency: str) -> None:
        """The name on one row; quantity and amount on the next."""
        room = picture.width - 2 * _MARGIN
        picture.text(_MARGIN, y, font.fitted(line["name"], room), font)
        y += font.height - 2
        quantity = line.get("quantity", "")
        if quantity:
            picture.text(_MARGIN, y, "× " + quantity, font)
        amount = money.decimal(line["amount"], currency)
        picture.text_right(picture.width - _MARGIN, y, amount, font)
        picture.fill(_MARGIN, y + font.height, room, 1, MEDIUM)

    def _total(self, picture: "Picture", fonts: Fonts, y: int, view: View) -> None:
        cart = view.cart
        words = money.display(cart.total, cart.currency)
        picture.text(_MARGIN, y, view.text("total"), fonts.small)
        count = str(cart.count) + " " + view.text("items")
        picture.text(_MARGIN, y + fonts.small.height, count, fonts.small)
        room = (
            picture.width
            - 3 * _MARGIN
            - max(fonts.small.width(view.text("total")), fonts.small.width(count))
        )
        font = fonts.largest(words, room)
        y += (fonts.large.height - font.height) // 2
        picture.text_right(picture.width - _MARGIN, y, words, font)


class ChooseScreen(Screen):
    """What is to be paid, and how."""

    def draw(self, picture: "Picture", fonts: Fonts, view: View) -> None:
        sale = view.sale
        footer = 3 * fonts.medium.height + 12
        body = picture.height - fonts.medium.height - 8 - footer
        bands = ((body, _WHITE, _BLACK), (footer, _AMBER if sale.notice else _SLATE, _WHITE))
        header = _header(picture, fonts, view, *bands)
        block = fonts.medium.height + fonts.large.height + fonts.small.height
        y = header + (body - block) // 2
        picture.text_centre(y, view.text("to_pay"), fonts.medium)
        y = _amount(picture, fonts, y + fonts.medium.height, sale.amount, sale.currency)
        picture.text_centre(y, view.text("order") + " " + sale.order, fonts.small)
        words = view.text(sale.notice or "press_qr")
        lines = wrap(words, fonts.medium, picture.width - 2 * _MARGIN)
        y = picture.height - footer + (footer - len(lines) * fonts.medium.height) // 2
        _centred(picture, y, words, fonts.medium)


class QrScreen(Screen):
    """The payment code with amount, order and countdown.

    Text stands above and below the code, or in one line above it where the panel is not higher
    than wide; never in its quiet zone.
    """

    def draw(self, picture: "Picture", fonts: Fonts, view: View) -> None:
        picture.begin((picture.height, _WHITE, 0))
        code, font = view.code, fonts.small
        pixels = fitting_pixels(code.size, picture.width, picture.height)
        side = (code.size + 2 * _QUIET) * pixels
        room = picture.height - side
        clock = "{}:{:02d}".format(view.seconds // 60, view.seconds % 60)
        amount = money.display(view.sale.amount, view.sale.currency)
        slack = room - fonts.large.height - 2 * font.height
        if slack >= 0:
            top = fonts.large.height + slack // 2
            big = fonts.largest(amount, picture.width - 2 * _MARGIN)
            picture.text_centre((top - big.height) // 2, amount, big)
            y = picture.height - 2 * font.height - (slack - slack // 2) // 2
            picture.text_centre(y, view.text("scan"), font)
            self._line(picture, font, y + font.height, _MARGIN, view, clock)
        else:
            top = _LEAST_TEXT
            fits = fonts.medium.width(amount) <= picture.width // 2
            big = fonts.medium if fits else font
            picture.text(4, (top - big.height) // 2, amount, big)
            left = 4 + big.width(amount) + 8
            self._line(picture, font, 4, left, view, clock)
        left = (picture.width - side) // 2 + _QUIET * pixels
        picture.code(left, top + _QUIET * pixels, code, pixels, view.sale.attempt.nonce)

    def _line(
        self, picture: "Picture", font: "Font", y: int, left: int, view: View, clock: str
    ) -> None:
        """The order from `left`, cut where it must be, and the countdown at the right."""
        right = picture.width - _MARGIN
        picture.text_right(right, y, clock, font)
        room = right - left - font.width("00:00")
        words = view.text("order") + " " + view.sale.order
        if font.width(words) > room:
            words = view.sale.order
        picture.text(left, y, font.fitted(words, room), font)


class NoticeScreen(Screen):
    """A coloured screen with an icon, a headline, an amount and what to do: most outcomes."""

    def __init__(self, colour: int, icon: str, headline: str, more: str, amount: bool) -> None:
        self._colour = colour
        self._icon = icon
        self._headline = headline
        self._more = more
        self._amount = amount

    def draw(self, picture: "Picture", fonts: Fonts, view: View) -> None:
        picture.begin((picture.height, self._colour, _WHITE))
        room = picture.width - 2 * _MARGIN
        headline = view.text(self._headline)
        font = fonts.large
        if picture.height < _TALL and font.width(headline) > room:
            font = fonts.medium
        lines = [(self._icon, fonts.icon)]
        lines += [(words, font) for words in wrap(headline, font, room)]
        if self._amount and view.sale is not None:
            words = money.display(view.sale.amount, view.sale.currency)
            lines.append((words, fonts.medium))
        lines += [(words, fonts.small) for words in wrap(self._detail(view), fonts.small, room)]
        bottom = picture.height
        if view.sale is not None:
            bottom -= fonts.small.height + 6
            picture.text_centre(bottom, view.text("order") + " " + view.sale.order, fonts.small)
        y = max(0, bottom - sum(font.height for _, font in lines)) // 2
        for words, font in lines:
            picture.text_centre(y, words, font)
            y += font.height

    def _detail(self, view: View) -> str:
        return view.text(self._more)


class FailedScreen(NoticeScreen):
    """Why it was not paid, and that it can be tried again."""

    def _detail(self, view: View) -> str:
        attempt = view.sale.attempt
        reason = view.text("reason_" + (attempt.reason or "declined")) if attempt else ""
        return reason + ". " + view.text(self._more)


SCREENS = {
    "idle": IdleScreen(),
    "cart": CartScreen(),
    "choose": ChooseScreen(),
    "qr": QrScreen(),
    "unknown": NoticeScreen(_AMBER, "?", "checking", "checking_more", True),
    "paid": NoticeScreen(_GREEN, "✓", "paid", "thanks", True),
    "failed": FailedScreen(_RED, "✗", "failed", "try_again", True),
    "cancelled": NoticeScreen(_SLATE, "✗", "cancelled", "cancelled_more", False),
    "expired": NoticeScreen(_SLATE, "?", "expired", "try_again", True),
    "fault": NoticeScreen(_RED, "?", "fault", "fault_more", False),
}
