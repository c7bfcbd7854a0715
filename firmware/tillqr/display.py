"""The display: carries messages, presses, receipts and time to the checkout, and its effects out.

This is where the parts meet. It holds no rule of its own about money: the checkout decides, the
book of attempts judges receipts, the link delivers.
"""

import asyncio
import json
import time

from micropython import const

from tillqr import __version__
from tillqr.sale import checkout
from tillqr.sale.rejected import Rejected
from tillqr.till import message
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.board.counters import Counters
    from tillqr.board.settings import Settings
    from tillqr.codes import Codes
    from tillqr.net.backend import Backend
    from tillqr.net.path import Path
    from tillqr.net.wifi import Wifi
    from tillqr.panel.face import Face
    from tillqr.sale.attempts import Attempt, Attempts
    from tillqr.till.link import Link
    from tillqr.till.port import TillPort

_ELSEWHERE = "tillqr.sale.elsewhere"
_RECEIPT = "tillqr.sale.receipt"
_TURN_MS = const(50)
_RETRY_MS = const(2000)
_COUNTERS_ROOM = const(480)  # what the other fields of INFO leave of a frame
_KEPT_ROOM = const(1536)
_PAGE_SECONDS = const(12)
_DETAILS_SECONDS = const(3)
"""Of a code that leaves no room for text: the text's part of each turn."""
_DOUBT_SECONDS = const(15)
"""A code has been shown so long, and again so long: its result may be late."""
_WORD_SECONDS = const(3)
"""How often the backend is asked for its word about a card: a handshake takes the chip a second."""
_HURRIED_MS = const(2000)
_PATIENT_MS = const(30_000)

_STATUS_OF = {
    "receipt_malformed": 400,
    "receipt_bad_mac": 401,
    "receipt_wrong_device": 409,
    "receipt_unknown_attempt": 404,
    "receipt_unstored": 503,
}


class Display:
    """One payment display, from the register's line to the panel."""

    def __init__(
        self,
        settings: "Settings",
        book: "Attempts",
        till: checkout.Checkout,
        counters: "Counters",
        wifi: "Wifi",
        codes: "Codes",
        face: "Face",
        path: "Path",
        crash: str,
        remember: "Callable[[bytes], object]",
    ) -> None:
        """crash: INFO's; remember(data) keeps 2,048 bytes at most over a reset."""
        self._settings = settings
        self._book = book
        self._checkout = till
        self._counters = counters
        self._wifi = wifi
        self._codes = codes
        self._face = face
        self._path = path
        self._crash = crash
        self._remember = remember
        self._kept = 0
        self._view = face.view
        self._shown_attempt: "object | None" = None
        self._next_code: "tuple | None" = None
        self._step = 0
        self._fault = ""
        self._seconds = 0
        self._deadline = 0
        self._until = 0
        """Until when the attempt that is open is shown, whatever cards come between; 0 if none."""
        self._timed = False
        self._result_sent = False
        self._refused: "Attempt | None" = None
        self._retry_at = self._store_at = time.ticks_ms()

    def connect(self, link: "Link", port: "TillPort", backend: "Backend") -> None:
        """Join the parts that need the display's own callbacks."""
        self._link = link
        self._port = port
        self._backend = backend
        self._wifi.on_change = self._network_changed
        self._wifi.calm = self.is_calm
        self._face.prepare = self._make_code
        self.path_changed()
        self._show()

    # From the register.

    def deliver(self, kind: int, content: dict) -> None:
        """Carry out a message from the register; raises message.Refusal."""
        if kind in (message.CART, message.PAY, message.CANCEL):
            self.dispatch(message.name_of(kind).lower(), content)
        elif kind == message.QUERY and "order" in content:
            self._answer_query(content)
        elif kind == message.EXTERNAL_RESULT:
            try:
                self._carry_out(load(_ELSEWHERE).handle(self._checkout, content))
            finally:
                unload(_ELSEWHERE)
        elif kind == message.TRANSPARENT and self._port.through is not None:
            self._port.through.begin()
        elif kind in (message.HELLO, message.QUERY):
            self._link.send(message.INFO, self.info(), True)
        else:
            raise message.Refusal("type", message.name_of(kind))

    def settled(self, kind: int, content: dict, reason: str, _: str) -> None:
        """A message of ours was acknowledged (reason "") or refused."""
        if kind != message.RESULT:
            return
        self._result_sent = False
        attempt = self._book.find(content["attempt"])
        if reason:
            self._counters.add("result_refused")
            self._refused = attempt
            self._retry_at = time.ticks_add(time.ticks_ms(), _RETRY_MS)
        elif attempt is not None and attempt.outcome == content["outcome"]:
            self._book.deliver(attempt)
            self._send_results()

    def _answer_query(self, query: dict) -> None:
        sale, register = self._checkout.sale, query.get("register")
        if sale and sale.order == query["order"] and register in (None, sale.register):
            self._send_status()
            return
        attempt = self._book.of_order(query["order"], register)
        state = (attempt.outcome or "unknown") if attempt else "none"
        self._tell(query["order"], state, "", attempt)

    # From the customer.

    def press_qr(self) -> None:
        """The QR key was pressed."""
        try:
            self.dispatch("qr_key")
        except message.Refusal as refusal:
            self._counters.add("key_" + refusal.reason)
            self.dispatch("key_refused", refusal.reason)
        self._port.flush()

    def accept(self, body: bytes) -> "tuple[int, dict]":
        """Judge a receipt: the HTTP status and the answer to give."""
        try:
            attempt = self._book.accept(load(_RECEIPT).parse(body))
        except Rejected as rejected:
            self._counters.add(rejected.name)
            return _STATUS_OF.get(rejected.name, 409), {"error": rejected.name}
        finally:
            unload(_RECEIPT)
        if self.take(attempt):
            return 200, {"accepted": attempt.nonce}
        return 503, {"error": "receipt_unstored"}  # the register is told all the same

    def take(self, attempt: "Attempt") -> bool:
        """A receipt has settled an attempt; whether a power cut can't lose that any more."""
        self._counters.add("receipt_accepted")
        stored = self._book.keep(attempt)
        if not stored:
            self._counters.add("receipt_unstored")
        self.happen("receipt", attempt)
        return stored

    def dispatch(self, event: str, data: "dict | object | None" = None) -> None:
        """Carry out an event of the checkout's; raises message.Refusal."""
        self._carry_out(self._checkout.handle(event, data))

    def happen(self, event: str, data: "object | None" = None) -> None:
        """Carry out an event of the checkout's, and send what it has to say; raises
        message.Refusal."""
        self.dispatch(event, data)
        self._port.flush()

    def reader_is(self, name: str) -> None:
        """Whether cards can be tapped is another (PROTOCOL.md, 4.3)."""
        self._checkout.reader = name
        ways = tuple(way for way in self._view.ways if way != "tap")
        self._view.ways = ways + ("tap",) if name == "ready" else ways
        if self._checkout.state == "choose":
            self._show()

    async def stand_still(self) -> None:
        """Have the panel draw nothing until `move_on` (Face.hold), as a card that is dealt with
        takes memory that drawing does too."""
        await self._face.hold()

    def move_on(self) -> None:
        """Have the panel draw again, first what happened meanwhile."""
        self._face.release()

    def still_open(self, attempt: "Attempt") -> None:
        """The backend has answered that nobody has paid an attempt yet: after a restart its code
        is shown again."""
        sale = self._checkout.sale
        if self._checkout.state == "unknown" and sale.attempt is attempt:
            if self._checkout.lacks:
                attempt.question = "ask"
            else:
                self.dispatch("still_open")

    def is_calm(self) -> bool:
        """Whether nobody waits at the display."""
        return self._checkout.state in ("idle", "cart")

    def longest_pause(self) -> int:
        """Milliseconds between two tries to reach a server: fewer while anyone is at the display,
        also one who has cancelled, or is about to pay."""
        return _PATIENT_MS if self._checkout.state == "idle" else _HURRIED_MS

    def info(self) -> dict:
        """The INFO message."""
        return {
            "protocol": message.PROTOCOL,
            "boot": self._link.boot,
            "device": self._settings.device,
            "firmware": __version__,
            "serial": self._codes.serial.hex(),
            "shop": self._settings.shop,
            "state": self._checkout.state,
            "network": self._wifi.address if self._wifi.connected else "",
            "lacks": self._path.report(),
            "trouble": self._path.trouble(),
            "reader": self._checkout.reader,
            "crash": self._crash,
            "journal": self._book.writes,
            "counters": self._counters.report(_COUNTERS_ROOM),
        }

    def public_info(self) -> dict:
        """What anyone on the shop's network may know."""
        return {"device": self._settings.device, "firmware": __version__}

    def fault(self, name: str, why: str) -> None:
        """A task ended or is stuck: keep that, and show it, whatever else is going on."""
        self._counters.add("fault_" + name)
        self._crash = name + " " + why
        self._kept = -1
        self._keep_counters()
        self._fault = name
        self._view.note = name
        self._face.show("fault")

    def _keep_counters(self) -> None:
        """Have a reset leave them, and the reason, as board/aftermath.py takes them."""
        if self._counters.changes != self._kept:
            self._kept = self._counters.changes
            counted = json.dumps(self._counters.report(_KEPT_ROOM))
            self._remember((self._crash + "\n" + counted).encode())

    def _network_changed(self) -> None:
        self._path.channel.network_changed()
        self.path_changed()

    def path_changed(self) -> None:
        """What a result's way here lacks is another, or why."""
        lacks = self._path.lacks()
        self._checkout.lacks = lacks
        self._view.online = not lacks
        self._view.trouble = self._path.trouble()
        self.dispatch("network")
        if not lacks:
            self._doubt()

    def _doubt(self) -> None:
        """A result may have been missed: ask for it."""
        if self._checkout.state in ("qr", "card"):
            attempt = self._checkout.sale.attempt
            attempt.question = attempt.question or "ask"
        self._backend.ask()

    async def keep_time(self) -> None:
        """Count the state's time down and repeat what was not delivered; for ever."""
        while True:
            now = time.ticks_ms()
            if self._timed:
                left = time.ticks_diff(self._deadline, now)
                if left <= 0:
                    self._timed = False
                    self._time_is_up()
                elif (left + 999) // 1000 != self._seconds:
                    self._tick((left + 999) // 1000)
            self._catch_up()
            self._send_results()
            self._port.flush()
            await asyncio.sleep_ms(_TURN_MS)

    def _catch_up(self) -> None:
        """Do what could not be done when a result came: memory or flash did not allow it."""
        now = time.ticks_ms()
        if time.ticks_diff(self._store_at, now) <= 0:
            self._store_at = time.ticks_add(now, _RETRY_MS)
            self._book.retry()
            self._keep_counters()
        sale = self._checkout.sale
        if self._checkout.state in checkout.WAITING and sale.attempt.settled:
            self.dispatch("receipt", sale.attempt)

    def _tick(self, seconds: int) -> None:
        self._seconds = seconds
        state = self._checkout.state
        if state == "tap":
            self._face.tick(seconds)
        elif state == "card" and self._checkout.sale.notice and seconds % _WORD_SECONDS == 0:
            self._doubt()  # the backend has all it needs: the customer waits for its word
        if state == "qr":
            self._face.tick(seconds)
            shown = self._settings.qr_seconds - seconds
            if shown % _DOUBT_SECONDS == _DOUBT_SECONDS - 1:
                self._doubt()
            if self._codes.step() != self._step:
                self._renew_code(self._checkout.sale.attempt)
            details = shown % _PAGE_SECONDS < _DETAILS_SECONDS
            if details != self._view.details:
                self._view.details = details
                self._face.show(state)

    def _time_is_up(self) -> None:
        if self._checkout.state == "idle":
            self._face.sleep()
        else:
            self.dispatch("timeout")

    # Effects.

    def _carry_out(self, effects: "list[str]") -> None:
        for effect in effects:
            _EFFECTS[effect](self)

    def _restart_timer(self) -> None:
        state = self._checkout.state
        now = time.ticks_ms()
        duration = checkout.DURATIONS.get(state, 0)
        if state in ("qr", "tap"):
            self._until = self._until or time.ticks_add(now, self._settings.qr_seconds * 1000) | 1
            duration = max(1, time.ticks_diff(self._until, now))
        elif state not in ("card", "again"):
            self._until = 0
        if state == "idle":
            duration = self._settings.sleep_minutes * 60_000
        self._timed = duration > 0
        self._deadline = time.ticks_add(now, duration)
        self._seconds = (duration + 999) // 1000

    def _show(self) -> None:
        self._restart_timer()
        state, sale = self._checkout.state, self._checkout.sale
        view = self._view
        view.cart, view.sale = self._checkout.cart, sale
        if state == "qr":
            view.details = True
            view.clock.set(self._seconds)
            if sale.attempt is not self._shown_attempt:
                self._shown_attempt = sale.attempt
                self._renew_code(sale.attempt)
        elif state in ("choose", "lent", "card", "again") and sale.notice:
            state = sale.notice
        if not self._fault:
            self._face.show(state)

    def _renew_code(self, attempt: "Attempt") -> None:
        """Have the symbol made when the screen is drawn next, which is soon."""
        self._step = self._codes.step()
        self._next_code = (attempt, (self._wifi.address, self._settings.port))
        self._face.show("qr")

    def _make_code(self) -> None:
        """Make the symbol of the attempt that is to be shown, in the last one's place."""
        if self._next_code is None:
            return
        if not self._next_code[0].outcome:  # it may have been paid meanwhile
            self._view.code, self._view.step = self._codes.make(*self._next_code), self._step
            if self._view.code is None:
                self._shown_attempt = None  # it has nothing to be shown again
                self.happen("code_large")
        self._next_code = None  # not before: without memory for it it is made again

    def _send_status(self) -> None:
        sale = self._checkout.sale or self._checkout.cart
        notice, attempt = getattr(sale, "notice", ""), getattr(sale, "attempt", None)
        self._tell(sale.order if sale else "", self._checkout.state, notice, attempt)

    def _tell(self, order: str, state: str, notice: str, attempt: "Attempt | None") -> None:
        """Send a STATUS."""
        status = {"order": order, "state": state, "reason": notice, "attempt": ""}
        if attempt:
            status["reason"] = notice or attempt.reason
            status["attempt"] = attempt.nonce
        self._link.send(message.STATUS, status, True)

    def _send_results(self) -> None:
        """Hand the link one outcome at a time, until the register has acknowledged them all."""
        if self._result_sent or time.ticks_diff(self._retry_at, time.ticks_ms()) > 0:
            return
        attempt = self._book.undelivered(self._refused)
        if attempt is not None:
            self._result_sent = self._link.send(message.RESULT, attempt.result())

    def _ask(self) -> None:
        self._backend.ask()


_EFFECTS = {
    "show": Display._show,
    "status": Display._send_status,
    "results": Display._send_results,
    "ask": Display._ask,
}
