"""What several screens have in common."""

from micropython import const

from tillqr.panel.font import codes

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


def covers(font: "Font", text: str) -> bool:
    """Whether a font has every character of a text."""
    for code in codes(text):  # noqa: SIM110  (a generator would take memory)
        if not 32 <= code < 127 and font.find(code) < 0:
            return False
    return True


def fitted(font: "Font", text: str, width: int, tail: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `width` pixels; with `tail` its end is
    kept, as that of a number says more than its beginning."""
    if font.width(text) <= width:
        return text
    room = width - font.advance(0x2026)
    characters, kept = codes(text), 0
    while kept < len(text):
        room -= font.advance(characters[-1 - kept if tail else kept])
        if room < 0:
            break
        kept += 1
    return "…" + text[len(text) - kept :] if tail else text[:kept].rstrip() + "…"


class Screen:
    """What a state looks like."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        """List the whole screen."""
        raise NotImplementedError


def order(view: "View") -> str:
    """The order number as the customer reads it."""
    return view.text("order") + " " + view.sale.order


def price(picture: "Picture", style: "Style", view: "View") -> str:
    """The sale's amount as the customer reads it; one that is too long for a line of the picture
    may break beside its sign."""
    words = view.text.money(view.sale.amount, view.sale.currency)
    if style.small[-1].width(words) > picture.width - 2 * picture.margin:
        words = words.replace("\xa0", " ")
        if " " not in words:
            sign = 0
            while not words[sign].isdigit():
                sign += 1
            words = words[:sign] + "\u200b" + words[sign:]
    return words


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
