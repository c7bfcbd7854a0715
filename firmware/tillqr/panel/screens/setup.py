"""Set-up: the Wi-Fi code of the board's own access point, and what its page asks for."""

from micropython import const

from tillqr.panel import code_layout
from tillqr.panel.screens import notice_words
from tillqr.panel.screens.common import Screen
from tillqr.panel.screens.layout import Stack
from tillqr.panel.screens.notice import NoticeScreen

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.picture import Picture
    from tillqr.panel.style import Style
    from tillqr.panel.view import View

_LEAST_ROOM = const(120)  # pixels that text wants beside the code, or below it
_MOST_PIXELS = const(4)


class SetupScreen(Screen):
    """The code; below it, or beside it on a panel that is wider than high, the network, its
    password, the page, the PIN, and why the board isn't set up."""

    def draw(self, picture: "Picture", style: "Style", view: "View") -> None:
        if getattr(view, "access", None) is None:
            NoticeScreen(*notice_words.read("setup", view)).draw(picture, style, view)
            return
        width, height, margin = picture.width, picture.height, picture.margin
        right = width - margin
        picture.begin((height, style.colour["code"]))
        modules = view.code.size + 2 * code_layout.QUIET
        pixels = min(min(width, height), max(width, height) - _LEAST_ROOM) // modules
        pixels = min(pixels, _MOST_PIXELS)
        side = pixels * modules
        texts, reason = (margin, side, right, height - margin), None
        code = ((width - side) // 2, 0)
        if width > height:
            texts = (side, margin // 2, right, height - margin // 2)
            code = (0, (height - side) // 2)
        elif width - side >= _LEAST_ROOM:
            reason, code = Stack(picture, side, margin, right, side), (0, 0)
        quiet = code_layout.QUIET * pixels
        name = view.access.password
        picture.code(code[0] + quiet, code[1] + quiet, view.code, pixels, name)
        stack = Stack(picture, *texts)
        self._add_texts(stack, style, view, texts[2] - texts[0])
        (reason or stack).add(view.note, style.small[-1:], 4, 0, needed=False, own=False)
        stack.draw()
        if reason is not None:
            reason.draw()

    def _add_texts(self, stack: Stack, style: "Style", view: "View", room: int) -> None:
        access, small = view.access, style.small[-1]
        for name, value in (
            ("setup_wifi", access.ssid),
            ("setup_password", access.password),
            ("setup_page", access.address),
        ):
            words = view.text(name) + " " + value
            stack.add(words if small.width(words) <= room else value, (small,), 1)
        words = view.text("setup_pin") + " " + access.pin
        stack.add(words, style.body + style.small, 1)


make = SetupScreen
