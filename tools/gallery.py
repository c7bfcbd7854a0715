"""The gallery: every screen of the display, as its panel would show it.

The firmware's own screens, painter and driver make the bytes; the bench's panel model makes the
pixels of them. Words and goods are made up, in each language.
"""

import asyncio
import json
import random
from dataclasses import dataclass, replace
from typing import Any

import boot
from PIL import Image

from host_sim.board import ROOT, board_names, profile
from host_sim.panel import PanelModel
from tools.sample_shops import SHOPS

FONTS = ROOT / "build" / "fonts.tqf"
TEXTS = ROOT / "firmware" / "texts"
_BACKEND = "HTTPS://PAY.EXAMPLE"
LANGUAGES = ("en", "zh", "de", "fr", "es", "pt")
STATES = (
    "starting",
    "idle",
    "offline",
    "refused",
    "cart",
    "choose",
    "ways",
    "qr",
    "details",
    "tap",
    "card",
    "approving",
    "card_unsupported",
    "card_gone",
    "two_cards",
    "phone_locked",
    "machine",
    "preparing",
    "unknown",
    "paid",
    "failed",
    "cancelled",
    "expired",
    "late",
    "no_network",
    "code_too_large",
    "no_storage",
    "fault",
    "setup",
    "no_page",
    "service",
)
"""Names of the pictures: the states, and "offline" (idle without a network), "refused" (idle, as a
server's certificate is refused), "ways" (choose with three ways to pay), "details" (the text of a
code that takes the whole panel), and "no_page" (set-up without an access point)."""


_STATES = {
    "offline": "idle",
    "refused": "idle",
    "ways": "choose",
    "details": "qr",
    "no_page": "setup",
}
"""The state of a picture that has another name."""


def boards() -> list[str]:
    """The names of all boards."""
    return board_names()


@dataclass(frozen=True)
class Look:
    """A board, a language, and the options of a style."""

    board: str
    language: str = "en"
    theme: str = "light"
    large: bool = False

    @property
    def name(self) -> str:
        """The look in a file's name."""
        options = ([] if self.theme == "light" else [self.theme]) + ["large"] * self.large
        return "-".join([self.board, self.language, *options])


def panels() -> dict[str, str]:
    """A board's name to that of the first board, in their order, with the same panel."""
    first: dict[str, str] = {}
    named = ((board, json.dumps(profile(board)["panel"], sort_keys=True)) for board in boards())
    return {board: first.setdefault(panel, board) for board, panel in named}


def looks() -> list[Look]:
    """Every look that is recorded: each panel and language, and the options on two boards.

    Boards with the same panel show the same, so only the first of them is recorded."""
    seen = sorted(set(panels().values()))
    plain = [Look(board, language) for board in seen for language in LANGUAGES]
    two = (Look("devkit_240x320"), Look("t_display", "de"))
    options = [replace(look, theme=theme) for look in two for theme in ("dark", "contrast")]
    return plain + options + [replace(look, large=True) for look in two]


class Studio:
    """One look: a panel, and screens drawn on it."""

    def __init__(self, look: Look, **panel: object) -> None:
        """panel: what differs from the board's profile."""
        from tillqr.panel.glyph_store import GlyphStore
        from tillqr.panel.painter import Painter
        from tillqr.panel.picture import Picture
        from tillqr.panel.style import make_style

        boot.add_names()
        self.look = look
        self._profile = profile(look.board)
        self._profile["panel"].update(panel)
        geometry = self._profile["panel"]
        self.missing: list[str] = []
        """Characters that a font did not have, as names of counters."""
        fonts = GlyphStore(str(FONTS), 3584, self.missing.append)
        self._style = make_style(fonts, look.theme, look.large)
        self.panel = PanelModel(geometry, self._profile["pins"], lambda: None)
        self.driver = _driver(self._profile, self.panel)
        self.fonts = self._style.fonts
        """By their sizes."""
        self._painter = Painter(self.driver, geometry["width"], fonts.glyphs, self._style.fonts)
        self.drawn = Picture(geometry["width"], geometry["height"])
        """The picture as the last screen listed it."""
        asyncio.run(self._start())

    async def _start(self) -> None:
        """Switch the panel on, without the waits that glass and light want."""
        waits = asyncio.sleep_ms  # type: ignore[attr-defined]
        asyncio.sleep_ms = _no_wait  # type: ignore[attr-defined]
        try:
            await self.driver.start()
            await self.driver.fade(100)
        finally:
            asyncio.sleep_ms = waits  # type: ignore[attr-defined]

    def picture(self, name: str) -> Image.Image:
        """What the panel shows of a name from STATES."""
        self.arrange(name)
        return self._painted()

    def arrange(self, name: str, reason: str = "insufficient_funds") -> None:
        """List a picture in `drawn`, without painting it; reason: why a payment failed."""
        view, state = _view(self.look, name)
        view.sale.attempt.reason = reason
        if name == "qr":
            view.code, _ = self.payment_code(view.sale)
        elif name == "details":
            view.code = self._large_code()
        self._list(view, state)

    def shown(self, view: Any, state: str) -> Image.Image:
        """What the panel shows of a view in a state."""
        self._list(view, state)
        return self._painted()

    def _list(self, view: Any, state: str) -> None:
        from tillqr.panel import face

        screen = face.load_screen(state, view, _forget_words)
        screen.draw(self.drawn, self._style, view)

    def _painted(self) -> Image.Image:
        region = (0, 0, (self.drawn.width + 3) // 4 * 4, self.drawn.height)
        asyncio.run(self._painter.paint(self.drawn, region))
        assert self.panel.violations == [], self.panel.violations
        return self.panel.image()

    def names(self) -> list[str]:
        """The pictures there are: "details" only where a code can take the whole panel."""
        return [name for name in STATES if name != "details" or self._large_code()]

    def payment_code(self, sale: Any) -> tuple[Any, str]:
        """The symbol of a sale's attempt, as the firmware makes it, and what it says."""
        from tillqr.code_symbol import CodeSymbols
        from tillqr.qr import Encoder
        from tillqr.sale import payment_code
        from tillqr.sale.mac import Key

        serial, key = bytes.fromhex("a4cf12345678"), Key(bytes(range(32)), 1)
        sender = payment_code.Sender("D0001", serial, "Corner Shop", key)
        texts: list[str] = []

        class Recorder(Encoder):
            def encode(self, data: Any, *others: Any) -> Any:
                texts.append(data)
                return super().encode(data, *others)

        size = (self.drawn.width, self.drawn.height)
        symbols = CodeSymbols(Recorder(), lambda: sender, _BACKEND, size)
        assert symbols.fits(sale.order, sale.register)
        return symbols.make(sale.attempt, ("192.168.1.17", 80)), texts[-1]

    def _large_code(self) -> Any:
        """The smallest code that leaves no room for text, or None."""
        from tillqr import qr
        from tillqr.panel import code_layout

        for version in range(1, 41):
            size = (self.drawn.width, self.drawn.height)
            _, layout = code_layout.plan(*size, 4 * version + 17)
            if layout == code_layout.PAGES:
                return qr.encode("A", "L", version)
        return None


async def _no_wait(_: int) -> None:
    await asyncio.sleep(0)


class _Pin:
    def __init__(self, panel: PanelModel, number: int) -> None:
        self._panel, self._number = panel, number

    def __call__(self, level: int) -> None:
        self._panel.pin(self._number, level)


class _Wires:
    """SPI and the backlight's PWM."""

    def __init__(self, panel: PanelModel) -> None:
        self._panel = panel

    def write(self, data: bytes) -> None:
        self._panel.spi(bytes(data))

    def duty_u16(self, duty: int) -> None:
        self._panel.backlight(duty)


def _driver(board: dict, panel: PanelModel):  # type: ignore[no-untyped-def]
    from tillqr.panel import rgb444, rgb565
    from tillqr.panel.st7789 import St7789

    geometry, pins = board["panel"], board["pins"]
    return St7789(
        _Wires(panel),
        cs=_Pin(panel, pins["cs"]),
        dc=_Pin(panel, pins["dc"]),
        reset=_Pin(panel, pins["reset"]),
        backlight=_Wires(panel),
        pixels={444: rgb444, 565: rgb565}[geometry["colours"]],
        offset=(geometry["column_offset"], geometry["row_offset"]),
        rotation=geometry["rotation"],
        inverted=geometry["inverted"],
    )


def _forget_words(view: Any) -> None:
    """As the firmware's, but nothing is unloaded: thousands of screens are drawn here."""
    view.text = None


def _view(look: Look, name: str) -> tuple[Any, str]:
    """What a screen is told, and the state whose screen it is."""
    from tillqr.panel.view import View
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.checkout import Cart, Sale
    from tillqr.setup.access import Access

    shop = SHOPS[look.language]
    view = View(shop.name, str(TEXTS / f"{look.language}.txt"))
    pay = {"order": "20241187", "register": "3"}
    view.sale = Sale({**pay, "amount": shop.amount, "currency": shop.currency})
    view.sale.attempt = Attempt("0" * 24, "20241187", "3", shop.amount, shop.currency)
    view.sale.attempt.reason = "insufficient_funds"
    goods = [
        {"name": words, "quantity": quantity, "amount": amount}
        for words, quantity, amount in shop.goods
    ]
    total = sum(amount for *_, amount in shop.goods)
    cart = {"order": "20241187", "currency": shop.currency, "first": 0, "lines": goods}
    view.cart = Cart({**cart, "total": total})
    view.clock.set(107)
    view.sign.set(1)
    view.online = name not in ("offline", "refused")
    view.trouble = {"offline": "wifi_password", "refused": "tls_wrong_host"}.get(name, "")
    view.note = {"starting": "D0001, tillqr 0.1.0", "fault": "panel"}.get(name, "")
    if name in ("setup", "no_page"):
        access = Access()
        access.ssid, access.password = "tillqr-5678", "gqhgqhgqhgq"
        access.address, access.pin = "192.168.4.1", "000000"
        note = "No Wi-Fi network yet"
        told = setup_view(look.language, access if name == "setup" else None, note)
        view.access, view.code, view.note = told.access, told.code, told.note
    elif name == "service":
        view.note = "The console is open. Switch off and on to end this."
    if name == "ways":
        view.ways = ("qr", "tap", "machine")
    if name in ("qr", "details"):
        view.details = name == "details"
    return view, _STATES.get(name, name)


def setup_view(language: str, access: Any, note: str) -> Any:
    """What the set-up screen is told; access: None where there is no page."""
    from tillqr import qr
    from tillqr.panel.view import View
    from tillqr.setup.access import wifi_code

    view = View("", str(TEXTS / f"{language}.txt"))
    view.note, view.access = note, access
    if access is not None:
        view.code = qr.encode(wifi_code(access.ssid, access.password), "M")
    return view


@dataclass
class CodePicture:
    """A code on a panel."""

    name: str
    image: Image.Image
    text: str
    box: tuple[int, int, int, int]
    """The symbol with its quiet zone, in pixels of the panel."""
    modules: list[list[bool]]
    """True is dark; without the quiet zone."""


def code_pictures(board: str) -> list[CodePicture]:
    """Codes of a board: usual and long ones, in each theme, as its firmware would show them."""
    made = []
    for theme in ("light", "dark"):
        studio = Studio(Look(board, "en", theme))
        for number, order in enumerate(("7", "20241187", "A-2024-11-24-0187")):
            made.append(_code_picture(studio, f"{theme}-{order}", number, order))
    return made


def _code_picture(studio: Studio, name: str, number: int, order: str) -> CodePicture:
    view, _ = _view(studio.look, "qr")
    view.sale.order = order
    view.sale.attempt.nonce = random.Random(number).randbytes(12).hex()
    view.code, text = studio.payment_code(view.sale)
    image = studio.shown(view, "qr")
    mark = next(mark for mark in studio.drawn.marks if mark[4] is view.code)
    quiet = 4 * mark[5][0]
    box = (mark[0] - quiet, mark[1] - quiet, mark[2] + quiet, mark[3] + quiet)
    across = range(view.code.size)
    modules = [[bool(view.code.module(x, y)) for x in across] for y in across]
    return CodePicture(name, image, text, box, modules)


def on_sheet(pictures: list[Image.Image], columns: int, gap: int = 8) -> Image.Image:
    """Pictures of one size in rows."""
    width, height = pictures[0].size
    rows = (len(pictures) + columns - 1) // columns
    size = (columns * (width + gap) + gap, rows * (height + gap) + gap)
    page = Image.new("RGB", size, (136, 136, 136))
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        page.paste(picture, (gap + column * (width + gap), gap + row * (height + gap)))
    return page


def texts(language: str) -> dict[str, str]:
    """Every text of a language, by name."""
    lines = (TEXTS / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)
