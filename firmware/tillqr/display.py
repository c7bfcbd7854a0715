"""The display: carries messages, presses, receipts and time to the checkout, and its effects out.

This is where the parts meet. It holds no rule of its own about money: the checkout decides, the
book of attempts judges receipts, the link delivers.
"""

import asyncio
import time

from micropython import const

from tillqr import __version__, qr
from tillqr.panel import screens
from tillqr.panel.picture import Picture
from tillqr.sale import checkout, payment_code, receipt
from tillqr.till import message

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.board.counters import Counters
    from tillqr.board.settings import Settings
    from tillqr.net.backend import Backend
    from tillqr.net.wifi import Wifi
    from tillqr.panel.painter import Painter
    from tillqr.panel.st7789 import St7789
    from tillqr.panel.texts import Texts
    from tillqr.sale.attempts import Attempts
    from tillqr.till.link import Link
    from tillqr.till.port import TillPort

_TURN_MS = const(50)
_RESULT_PAUSE_MS = const(2000)
_COUNTERS_ROOM = const(640)  # what the other fields of INFO leave of a frame
_SMALL_VERSION = const(7)
"""The largest symbol that 240 pixels show at four pixels a module (45 + 8 modules)."""

_STATUS_OF = {
    "receipt_malformed": 400,
    "receipt_bad_mac": 401,
    "receipt_wrong_device": 409,
    "receipt_unknown_attempt": 404,
}


class Display:
    """One payment display, from the register's line to the panel."""

    def __init__(
        self,
        settings: "Settings",
        sender: payment_code.Sender,
        book: "Attempts",
        till: checkout.Checkout,
        counters: "Counters",
        wifi: "Wifi",
        text: "Texts",
    ) -> None:
        self._settings = settings
        self._sender = sender
        self._book = book
        self._checkout = till
        self._counters = counters
        self._wifi = wifi
        self._encoder = qr.Encoder()
        self._encoder.encode("", "M", _SMALL_VERSION)  # takes its buffers while memory is whole
        self._view = screens.View(settings.shop, text)
        self._shown_attempt: "object | None" = None
        self._redraw = asyncio.Event()
        self._fault = ""
        self._deadline = 0
        self._timed = False
        self._result_sent = False
        self._retry_at = 0

    def connect(self, link: "Link", port: "TillPort", backend: "Backend") -> None:
        """Join the parts that need the display's own callbacks."""
        self._link = link
        self._port = port
        self._backend = backend
        self._wifi.on_change = self._network_changed

    # From the register.

    def deliver(self, kind: int, content: dict) -> None:
        """Carry out a message from the register; raises message.Refusal."""
        if kind == message.HELLO:
            self._link.send(message.INFO, self.info(), True)
        elif kind == message.CART:
            self._dispatch("cart", content)
        elif kind == message.PAY:
            self._dispatch("pay", content)
        elif kind == message.CANCEL:
            self._dispatch("cancel", content)
        elif kind == message.QUERY:
            self._answer_query(content)
        else:
            raise message.Refusal("type", message.name_of(kind))

    def settled(self, kind: int, content: dict, reason: str) -> None:
        """A message of ours was acknowledged (reason "") or refused."""
        if kind != message.RESULT:
            return
        self._result_sent = False
        attempt = self._book.find(content["attempt"])
        if reason:
            self._counters.add("result_refused")
            self._retry_at = time.ticks_add(time.ticks_ms(), _RESULT_PAUSE_MS)
        elif attempt is not None and attempt.outcome == content["outcome"]:
            attempt.delivered = True
            self._send_results()

    def _answer_query(self, query: dict) -> None:
        if "order" not in query:
            self._link.send(message.INFO, self.info(), True)
            return
        sale = self._checkout.sale
        if sale is not None and sale.order == query["order"]:
            self._send_status()
            return
        attempt = self._book.of_order(query["order"])
        status = {"order": query["order"], "state": "none", "reason": "", "attempt": ""}
        if attempt is not None:
            status["state"] = attempt.outcome or "unknown"
            status["reason"] = attempt.reason
            status["attempt"] = attempt.nonce
        self._link.send(message.STATUS, status, True)

    # From the customer, the network and the clock.

    def press_qr(self) -> None:
        """The QR key was pressed."""
        try:
            self._dispatch("qr_key")
        except message.Refusal as refusal:
            self._counters.add("key_" + refusal.reason)
        self._port.flush()

    def accept(self, body: bytes) -> "tuple[int, dict]":
        """Judge a receipt: the HTTP status and the answer to give."""
        try:
            attempt = self._book.accept(receipt.parse(body))
        except receipt.Rejected as rejected:
            self._counters.add(rejected.name)
            return _STATUS_OF.get(rejected.name, 409), {"error": rejected.name}
        self._counters.add("receipt_accepted")
        self._dispatch("receipt", attempt)
        self._port.flush()
        return 200, {"accepted": attempt.nonce}

    def info(self) -> dict:
        """The INFO message."""
        return {
            "protocol": message.PROTOCOL,
            "boot": self._link.boot,
            "device": self._settings.device,
            "firmware": __version__,
            "serial": self._sender.serial.hex(),
            "shop": self._settings.shop,
            "state": self._checkout.state,
            "network": self._wifi.address if self._wifi.connected else "",
            "counters": self._counters.report(_COUNTERS_ROOM),
        }

    def public_info(self) -> dict:
        """What anyone on the shop's network may know."""
        return {"device": self._settings.device, "firmware": __version__}

    def fault(self, name: str) -> None:
        """A task ended: show it, whatever else is going on."""
        self._counters.add("fault_" + name)
        self._fault = name
        self._redraw.set()

    def _network_changed(self, connected: bool) -> None:
        self._checkout.hears = connected
        self._redraw.set()

    async def keep_time(self) -> None:
        """Count the state's time down and repeat what was not delivered; for ever."""
        while True:
            now = time.ticks_ms()
            if self._timed:
                left = time.ticks_diff(self._deadline, now)
                if left <= 0:
                    self._timed = False
                    self._dispatch("timeout")
                elif (left + 999) // 1000 != self._view.seconds:
                    self._view.seconds = (left + 999) // 1000
                    self._redraw.set()
            self._send_results()
            self._port.flush()
            await asyncio.sleep_ms(_TURN_MS)

    # Effects.

    def _dispatch(self, event: str, data: "dict | object | None" = None) -> None:
        for effect in self._checkout.handle(event, data):
            _EFFECTS[effect](self)

    def _restart_timer(self) -> None:
        state = self._checkout.state
        duration = checkout.DURATIONS.get(state, 0)
        if state == "qr":
            duration = self._settings.qr_seconds * 1000
        self._timed = duration > 0
        self._deadline = time.ticks_add(time.ticks_ms(), duration)
        self._view.seconds = duration // 1000

    def _show(self) -> None:
        self._restart_timer()
        self._redraw.set()

    def _send_status(self) -> None:
        sale = self._checkout.sale or self._checkout.cart
        attempt = getattr(sale, "attempt", None)
        status = {"order": sale.order if sale else "", "state": self._checkout.state}
        status["reason"] = attempt.reason if attempt else ""
        if getattr(sale, "notice", ""):
            status["reason"] = sale.notice
        status["attempt"] = attempt.nonce if attempt else ""
        self._link.send(message.STATUS, status, True)

    def _send_results(self) -> None:
        """Hand the link one outcome at a time, until the register has acknowledged them all."""
        if self._result_sent or time.ticks_diff(self._retry_at, time.ticks_ms()) > 0:
            return
        attempt = self._book.undelivered()
        if attempt is not None:
            self._result_sent = self._link.send(message.RESULT, attempt.result())

    def _ask(self) -> None:
        self._backend.ask()

    # The panel.

    async def draw(
        self, panel: "St7789", painter: "Painter", fonts: screens.Fonts, width: int, height: int
    ) -> None:
        """Keep the panel showing the checkout's state; for ever."""
        await panel.start()
        shown, drawn = Picture(width, height), Picture(width, height)
        while True:
            self._redraw.clear()
            self._update_view()
            screen = screens.SCREENS["fault" if self._fault else self._checkout.state]
            screen.draw(drawn, fonts, self._view)
            region = drawn.difference(shown)
            if region is not None:
                await painter.paint(drawn, region)
                panel.light(100)
            shown, drawn = drawn, shown
            await self._redraw.wait()

    def _update_view(self) -> None:
        view, sale = self._view, self._checkout.sale
        view.state = self._checkout.state
        view.cart = self._checkout.cart
        view.sale = sale
        if view.state == "qr" and sale.attempt is not self._shown_attempt:
            self._shown_attempt = sale.attempt
            address = (self._wifi.address, self._settings.port)
            code = self._sender.code(sale.attempt, address)
            view.code = self._symbol(payment_code.url(self._settings.backend, code))

    def _symbol(self, words: str) -> qr.QrCode:
        """Level M, or L where only that stays at four pixels a module."""
        small = self._encoder.version_for(words, "M") <= _SMALL_VERSION
        return self._encoder.encode(words, "M" if small else "L")


_EFFECTS = {
    "show": Display._show,
    "status": Display._send_status,
    "results": Display._send_results,
    "ask": Display._ask,
}
