"""A register on the till link: a thread that keeps the line, and calls that wait for answers.

A RESULT is acknowledged only after the database has committed it; if it can't be stored, the
display is told so and sends it again.
"""

import secrets
import threading
import time
from collections.abc import Callable
from types import TracebackType

import serial
from tillqr.setup import till as setup_till
from tillqr.till import answers, frame, message
from tillqr.till.link import Link

from tools.register.database import ShopDatabase, StorageError

_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 15.0
_REFUSALS = {
    "already_paid": "this order is paid already",
    "amount": "the amount must be a whole number of minor units, from 1 to 9,999,999,999",
    "busy": "the display is busy with another sale: cancel it first",
    "currency": "the currency is no ISO 4217 code",
    "field": "a field is missing or wrong",
    "full": "the display holds too many results that no register has taken",
    "no_network": "the display could not hear now whether a code was paid",
    "no_sale": "there is no sale to cancel",
    "setup": "the display is not set up yet: `python -m tools.provision` does that",
    "storage": "the display could not store it, so it would be lost in a power cut",
    "type": "the display does not take that now",
    "unknown_order": "the display is busy with another order",
}


class RegisterError(RuntimeError):
    """The register can't go on; the text says why."""


class NoAnswer(RegisterError):
    """The display did not answer in time."""


class Refused(RegisterError):
    """The display refused; `reason` is the name in PROTOCOL.md, 5."""

    def __init__(self, reason: str, detail: str = "") -> None:
        words = _REFUSALS.get(reason, "the display refused")
        super().__init__(f"{words} ({reason}{': ' if detail else ''}{detail})")
        self.reason = reason


class Register:
    """One cash register with a display on a serial port."""

    def __init__(
        self,
        port: str,
        database: ShopDatabase,
        name: str = "1",
        baud: int = 115200,
        on_message: Callable[[str, dict], None] | None = None,
    ) -> None:
        """port: a serial port, or a URL that pyserial knows (socket://HOST:PORT);
        name: the register number; on_message hears each message from the display, by name.

        Raises RegisterError if the port can't be opened.
        """
        try:
            self._serial = serial.serial_for_url(port, baud, timeout=_POLL_SECONDS)
        except (OSError, ValueError) as error:
            raise RegisterError(f"can't open the serial port {port}: {_words(error)}") from None
        self.name = name
        self._database = database
        self._on_message = on_message
        self.counters: dict[str, int] = {}
        """What the line refused, repeated or lost."""
        boot = secrets.token_hex(8)
        setup_till.add()
        answers.add()
        self._link = Link("register", boot, baud, self._deliver, self._settled, self._count)
        self._changed = threading.Condition()
        self._asking = threading.Lock()
        self._asked: dict | None = None
        self._answer: tuple[str, str] | None = None
        self._info: dict | None = None
        self._status: dict | None = None
        self._results: dict[str, dict] = {}
        self._order = ""
        self._seen: set[str] = set()
        self._past: set[str] = set()
        self._failure: Exception | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="till link", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Register":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        self._closing = True
        self._thread.join()
        self._serial.close()

    # What a POS program calls.

    def info(self, timeout: float = _ANSWER_SECONDS) -> dict:
        """What the display says of itself; raises RegisterError."""
        with self._changed:
            self._info = None
        self._request(message.QUERY, {}, timeout)
        return self._wait(lambda: self._info, timeout, "the display sent no INFO")

    def cart(
        self, order: str, currency: str, lines: list[dict], total: int, first: int = 0
    ) -> None:
        """Show lines of the shopping list from index `first` on, and the running total.

        A line is {"name", "quantity", "amount"}; any number of them. Raises RegisterError.
        """
        cart: dict = {"order": order, "currency": currency, "total": total}
        cart.update(first=first, lines=[])
        for line in lines:
            fuller = {**cart, "lines": [*cart["lines"], line]}
            if _fits(fuller):
                cart = fuller
            else:
                self._request(message.CART, cart, _ANSWER_SECONDS)
                cart = {**cart, "first": cart["first"] + len(cart["lines"]), "lines": [line]}
        self._request(message.CART, cart, _ANSWER_SECONDS)

    def start_payment(
        self, order: str, amount: int, currency: str, method: str | None = "qr"
    ) -> None:
        """Ask for a payment and return when the display has taken it; raises RegisterError."""
        pay = {"order": order, "register": self.name, "amount": amount, "currency": currency}
        if method is not None:
            pay["method"] = method
        with self._changed:
            self._results.pop(order, None)
            if order != self._order:
                self._order, self._seen = order, set()
            self._past = set(self._seen)
        self._request(message.PAY, pay, _ANSWER_SECONDS)

    def wait_for_result(self, order: str, timeout: float) -> dict:
        """The next RESULT of an order, stored by then; raises NoAnswer.

        What belongs to an attempt from before the last `start_payment` is stored, but not it.
        """
        words = f"no result of order {order} in {timeout:g} s: it is unknown, not failed"
        return self._wait(lambda: self._results.get(order), timeout, words)

    def pay(
        self,
        order: str,
        amount: int,
        currency: str,
        method: str | None = "qr",
        timeout: float = 180,
    ) -> dict:
        """Ask for a payment and wait for its RESULT; raises RegisterError."""
        self.start_payment(order, amount, currency, method)
        return self.wait_for_result(order, timeout)

    def cancel(self, order: str) -> None:
        """Cancel the sale of an order; raises RegisterError."""
        cancel = {"order": order, "register": self.name}
        self._request(message.CANCEL, cancel, _ANSWER_SECONDS)

    def query(self, order: str, timeout: float = _ANSWER_SECONDS) -> dict:
        """The STATUS of an order; raises RegisterError."""
        with self._changed:
            self._status = None
        self._request(message.QUERY, {"order": order, "register": self.name}, timeout)
        return self._wait(lambda: self._status_of(order), timeout, "the display sent no STATUS")

    def provision(self, document: dict, timeout: float = _ANSWER_SECONDS) -> None:
        """Give a display in set-up mode its settings and secrets (PROTOCOL.md, 10), after which it
        restarts, or a piece of its CA's certificate (10.2), after which it does not.

        Raises RegisterError; NoAnswer may mean that it has taken them, which its INFO then says.
        """
        if len(message.build(document)) > frame.MAX_PAYLOAD:
            raise RegisterError("the document is too long for one frame: send it in two")
        self._request(setup_till.PROVISION, document, timeout)

    def _status_of(self, order: str) -> dict | None:
        status = self._status
        return status if status is not None and status.get("order") == order else None

    # Requests and answers.

    def _request(self, kind: int, content: dict, timeout: float) -> None:
        """Send a message and wait for ACK; raises Refused or NoAnswer."""
        try:
            message.parse(kind, message.build(content))
        except message.Refusal as refusal:
            raise Refused(refusal.reason, refusal.detail) from None
        with self._asking:
            with self._changed:
                self._asked, self._answer = content, None
                self._link.send(kind, content)
            try:
                name = "PROVISION" if kind == setup_till.PROVISION else message.name_of(kind)
                words = f"the display does not answer {name}"
                self._wait(lambda: self._answer is not None or None, timeout, words)
            finally:
                with self._changed:
                    self._asked = None
                    self._link.withdraw(content)
            if self._answer and self._answer[0]:
                raise Refused(*self._answer)

    def _wait(self, ready: Callable[[], object], timeout: float, otherwise: str) -> dict:
        """Wait until ready() is true and return it; raises NoAnswer or what ended the thread."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (value := ready()):
                if self._failure is not None:
                    raise RegisterError(f"the serial port failed: {_words(self._failure)}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NoAnswer(otherwise)
                self._changed.wait(left)
            return value  # type: ignore[return-value]

    # The thread that keeps the line.

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
        except (OSError, serial.SerialException) as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _turn(self) -> None:
        """Send what is due; take what has come, or wait a little for it."""
        with self._changed:
            self._send_due()
        data = bytearray(self._serial.read(max(1, self._serial.in_waiting)))
        if data:
            with self._changed:
                self._link.feed(data, len(data))
                self._send_due()
                self._changed.notify_all()

    def _send_due(self) -> None:
        while (output := self._link.output(_now())) is not None:
            self._serial.write(output)

    def _count(self, name: str) -> None:
        self.counters[name] = self.counters.get(name, 0) + 1

    def _deliver(self, kind: int, content: dict) -> None:
        """Take a message from the display; raises message.Refusal."""
        if kind == message.INFO:
            self._info = content
        elif kind == message.STATUS:
            self._take_status(content)
        elif kind == message.RESULT:
            self._take_result(content)
        elif kind != message.HELLO:
            raise message.Refusal("type", message.name_of(kind))
        if self._on_message is not None:
            self._on_message(message.name_of(kind), content)

    def _take_status(self, status: dict) -> None:
        """Keep a STATUS, and which attempts there were at the order that is being paid."""
        self._status = status
        if status.get("order") == self._order and status.get("attempt"):
            self._seen.add(status["attempt"])
            if status["state"] in ("qr", "unknown"):
                self._past.discard(status["attempt"])  # PAY found it under way

    def _take_result(self, result: dict) -> None:
        device = self._info["device"] if self._info else ""
        try:
            result["outcome"] = self._database.record(result, device)
        except StorageError:
            raise message.Refusal("storage") from None
        attempt = result["attempt"]
        if result["order"] == self._order:
            self._seen.add(attempt)
        if attempt not in self._past:
            self._results[result["order"]] = result

    def _settled(self, kind: int, content: dict, reason: str, detail: str) -> None:
        if kind == message.HELLO and reason:
            self._failure = RegisterError(f"the display refused HELLO ({reason})")
        if content is self._asked:
            self._answer = (reason, detail)


def _fits(cart: dict) -> bool:
    """Whether a CART has no more lines and bytes than one message may have."""
    return len(cart["lines"]) <= message.MAX_LINES and len(message.build(cart)) <= frame.MAX_PAYLOAD


def _now() -> int:
    return time.monotonic_ns() // 1_000_000 & 0x3FFFFFFF


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
