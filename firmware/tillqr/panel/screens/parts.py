"""What some screens have in common; a notice and the tap's, which are drawn when memory is scarce,
have nothing of it."""

from micropython import const

from tillqr.panel.screens.common import breakable, covers, fitted

_LOW = const(150)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


def fitting(words: str, fonts: "tuple[Font, ...]", width: int) -> "Font":
    """The first of some fonts that has every character of `words` and in which they fit in
    `width` pixels; else the last."""
    for font in fonts:
        if covers(font, words) and font.width(words) <= width:
            return font
    return fonts[-1]


def price(picture: "Picture", style: "Style", view: "View") -> str:
    """The sale's amount as the customer reads it, `breakable`."""
    return breakable(picture, style, view.text.money(view.sale.amount, view.sale.currency))


def header_height(picture: "Picture", style: "Style") -> int:
    """Rows of the shop's name above a screen; none on a panel that is very low."""
    return style.body[0].height + 6 if picture.height > _LOW else 0


def header(picture: "Picture", style: "Style", view: "View", *bands: tuple) -> int:
    """The shop's name above the bands of a screen; return its height."""
    height = header_height(picture, style)
    picture.begin((height, style.colour["brand"]), *bands)
    if height:
        room = picture.width - 2 * picture.margin
        font = fitting(view.shop, style.body, room)
        words = fitted(font, view.shop, room)
        picture.text_centre(0, picture.width, (height - font.height) // 2, words, font)
    return height
