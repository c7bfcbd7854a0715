"""What all screens have in common."""

from micropython import const

from tillqr.panel.font import codes

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.font import Font
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View


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

    has_words = False
    """Whether it took its words from the view: then they need not be there to draw it."""

    def __init__(self, view: "View") -> None:
        """view: has the language's words."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        """List the whole screen."""
        raise NotImplementedError


def breakable(picture: "Picture", style: "Style", words: str) -> str:
    """An amount; one that is too long for a line of the picture may break beside its sign."""
    if style.small[-1].width(words) > picture.width - 2 * picture.margin:
        words = words.replace("\xa0", " ")
        if " " not in words:
            sign = 0
            while not words[sign].isdigit():
                sign += 1
            words = words[:sign] + "\u200b" + words[sign:]
    return words
