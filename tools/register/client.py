"""A register on the till link: what a POS program calls, and what it does with what comes.

A RESULT is acknowledged only after the database has committed it; if it can't be stored, the
display is told so and sends it again.
"""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator

import serial
from tillqr.setup import till as setup_till
from tillqr.till import answers, frame, message
from tillqr.till.link import Link

from tools.register.database import ShopDatabase, StorageError
from tools.register.line import ANSWER_SECONDS, Line, NoAnswer, Refused, RegisterError

_PAUSE_SECONDS = 0.1
__all__ = ["NoAnswer", "Refused", "Register", "RegisterError"]


class Register(Line):
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
        setup_till.add()
        answers.add()
        self.name = name
        self._database = database
        self._on_message = on_message
        self._info: dict | None = None
        self._named = ("", "")
        """Boot and device of the display that said INFO last."""
        self._nameless: list[str] = []
        """Attempts that were recorded before the display said its name."""
        self._status: dict | None = None
        self._results: dict[str, dict] = {}
        self._order = ""
        self._seen: set[str] = set()
        self._past: set[str] = set()
        boot, calls = secrets.token_hex(8), (self._deliver, self._settled, self._count)
        super().__init__(port, baud, Link("register", boot, baud, *calls, "display"))
        self.start()

    # What a POS program calls.

    def info(self, timeout: float = ANSWER_SECONDS) -> dict:
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
                self._request(message.CART, cart, ANSWER_SECONDS)
                cart = {**cart, "first": cart["first"] + len(cart["lines"]), "lines": [line]}
        self._request(message.CART, cart, ANSWER_SECONDS)

    def start_payment(
        self, order: str, amount: int, currency: str, method: str | None = "qr"
    ) -> None:
        """Ask for a payment and return when the display has taken it; raises RegisterError."""
        check_unpaid(self._database, self.name, order)
        pay = {"order": order, "register": self.name, "amount": amount, "currency": currency}
        if method is not None:
            pay["method"] = method
        with self._changed:
            self._results.pop(order, None)
            if order != self._order:
                self._order, self._seen = order, set()
            self._past = set(self._seen)
        self._request(message.PAY, pay, ANSWER_SECONDS)

    def wait_for_result(self, order: str, timeout: float) -> dict:
        """The next RESULT of an order, stored by then; raises NoAnswer.

        What belongs to an attempt from before the last `start_payment` is stored, but not it.
        """
        words = f"no result of order {order} in {timeout:g} s: it is unknown, not failed"
        return self._wait(lambda: self._results.get(order), timeout, words)

    def result(self, order: str) -> dict | None:
        """The result that `wait_for_result` would return, if it is there."""
        with self._changed:
            return self._results.get(order)

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
        self._request(message.CANCEL, cancel, ANSWER_SECONDS)

    def external_result(
        self, order: str, amount: int, currency: str, outcome: str, reason: str = ""
    ) -> None:
        """Tell the display what became of an order on a card machine of the register's own:
        outcome "paid", which is in the database by then, or "failed".

        Raises Refused("already_paid") if the display has taken a payment for it too.
        """
        word = {"order": order, "register": self.name, "amount": amount, "currency": currency}
        word.update(outcome=outcome, reason=reason)
        self._request(message.EXTERNAL_RESULT, word, ANSWER_SECONDS)

    @contextlib.contextmanager
    def through(self) -> Iterator[serial.SerialBase]:
        """The serial port, joined by the display to a card machine that speaks a protocol of its
        own, until the block ends. The register speaks first.

        Raises RegisterError; "type" where the display is not set up for that.
        """
        try:
            self._open_line()
        except NoAnswer:
            self._take_back()
            raise
        with self._lend() as port:
            yield port

    def _open_line(self) -> None:
        """Have the display begin; again for a while if it has something to say first."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                self._request(message.TRANSPARENT, {}, ANSWER_SECONDS)
            except Refused as refused:
                if refused.detail != "link" or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return

    def query(self, order: str, timeout: float = ANSWER_SECONDS) -> dict:
        """The STATUS of an order; raises RegisterError."""
        with self._changed:
            self._status = None
        self._request(message.QUERY, {"order": order, "register": self.name}, timeout)
        return self._wait(lambda: self._status_of(order), timeout, "the display sent no STATUS")

    def provision(self, document: dict, timeout: float = ANSWER_SECONDS) -> None:
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

    def _name(self, kind: int) -> str:
        return "PROVISION" if kind == setup_till.PROVISION else super()._name(kind)

    # What the display says; called by the line's thread.

    def _deliver(self, kind: int, content: dict) -> None:
        """Take a message from the display; raises message.Refusal."""
        if kind == message.INFO:
            self._take_info(content)
        elif kind == message.STATUS:
            self._take_status(content)
        elif kind == message.RESULT:
            self._take_result(content)
        elif kind != message.HELLO:
            raise message.Refusal("type", message.name_of(kind))
        if self._on_message is not None:
            self._on_message(message.name_of(kind), content)

    def _take_info(self, info: dict) -> None:
        """Keep an INFO, and write the name into what was recorded without one: a display tells a
        result that it has kept before its INFO, and money is not refused for a name."""
        self._info = info
        self._named = (info["boot"], info["device"])
        if self._nameless:
            with contextlib.suppress(StorageError):  # it is tried again at the next INFO
                self._database.name(self._nameless, info["device"])
                self._nameless = []

    def _take_status(self, status: dict) -> None:
        """Keep a STATUS, and which attempts there were at the order that is being paid."""
        self._status = status
        if status.get("order") == self._order and status.get("attempt"):
            self._seen.add(status["attempt"])
            if status["state"] in ("qr", "machine", "unknown"):
                self._past.discard(status["attempt"])  # PAY found it under way

    def _take_result(self, result: dict) -> None:
        boot, device = self._named
        if boot != self._link.peer_boot:
            device = ""  # it has restarted, or is another one
        try:
            result["outcome"] = self._database.record(result, device)
        except StorageError:
            raise message.Refusal("storage") from None
        attempt = result["attempt"]
        if not device:
            self._nameless.append(attempt)
        if result["order"] == self._order:
            self._seen.add(attempt)
        if attempt not in self._past:
            self._results[result["order"]] = result


def check_unpaid(database: ShopDatabase, register: str, order: str) -> None:
    """Refuse to have an order paid twice, whoever took the money: the database is what knows it.

    Raises Refused, or RegisterError if it can't be read.
    """
    try:
        sale = database.sale(register, order)
    except StorageError as error:
        raise RegisterError(str(error)) from None
    if sale is not None:
        raise Refused("already_paid", sale["transaction"])


def _fits(cart: dict) -> bool:
    """Whether a CART has no more lines and bytes than one message may have."""
    return len(cart["lines"]) <= message.MAX_LINES and len(message.build(cart)) <= frame.MAX_PAYLOAD
