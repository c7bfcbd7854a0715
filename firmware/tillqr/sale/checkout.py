"""The checkout: one table of transitions; events in, effects out, no awaits (DESIGN).

`handle` looks for the row of an event in the present state. What is in no row is refused by
name. Rows give the next state, what to remember, and which effects the caller has to carry out:

    show      draw the screen of the new state, and start its timer; every change of state has it
    status    tell the register the new state
    results   send the register what it has not acknowledged (attempts.undelivered)
    ask       ask the backend what attempts.to_ask says

The timers are in `DURATIONS`; the event "timeout" says that it ran out.

Other ways to pay than by our own code have rows of their own, in by_charge.py, by_tap.py,
at_machine.py, lent.py and elsewhere.py, and actions of their own where the checkout's are not
enough.
"""

from micropython import const

from tillqr.sale import attempts
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Way(Protocol):
        """A way to pay: its rows, and what it knows of events; its actions are its do_ methods."""

        rows: str

        def refine(self, event: str, data: Any) -> str:
            """The event as its rows know it; raises Refusal."""


DURATIONS = {
    "preparing": 2_500,
    "card": 30_000,
    "again": 4_000,
    "paid": 8_000,
    "cancelled": 8_000,
    "failed": 120_000,
    "expired": 120_000,
    "late": 60_000,
}
"""Milliseconds that a state lasts at most; the code has its own time, the others have none."""


class Sale:
    """What the register wants paid."""

    def __init__(self, pay: dict) -> None:
        self.order: str = pay["order"]
        self.register: str = pay["register"]
        self.amount: int = pay["amount"]
        self.currency: str = pay["currency"]
        self.method: str = pay.get("method", "qr")
        """How it is paid: one of attempts.METHODS, or "card" elsewhere."""
        self.attempt: "attempts.Attempt | None" = None
        self.notice = ""
        """What the customer is to be told beside the state (PROTOCOL.md, 4), or "": why no code is
        shown or a card is not enough, or why an order failed elsewhere. It ends with the state."""

    def same(self, pay: dict) -> bool:
        """Whether `pay` asks for the very same payment."""
        return (self.order, self.register, self.amount, self.currency) == (
            pay["order"],
            pay["register"],
            pay["amount"],
            pay["currency"],
        )


class Cart:
    """The shopping list as the register streams it; only the last lines are kept."""

    KEPT = 8

    def __init__(self, message: dict) -> None:
        self.order: str = message["order"]
        self.currency: str = message["currency"]
        self.total = 0
        self.count = 0
        self.lines: list = []
        self.update(message)

    def update(self, message: dict) -> None:
        """Take the lines of a CART: they replace those from index `first` on."""
        kept_from = self.count - len(self.lines)
        self.lines = self.lines[: max(0, message["first"] - kept_from)] + message["lines"]
        self.lines = self.lines[-self.KEPT :]
        self.count = message["first"] + len(message["lines"])
        self.currency = message["currency"]
        self.total = message["total"]


class Checkout:
    """The state of the counter: a cart, a sale, and the attempts at it."""

    def __init__(
        self,
        book: attempts.Attempts,
        make_nonce: "Callable[[], str]",
        fits: "Callable[[str, str], bool]",
    ) -> None:
        """make_nonce returns a fresh nonce as hex, from a source nobody can guess; fits says
        whether the code of an order and register can be shown so that a phone reads it."""
        self.book = book
        self._make_nonce = make_nonce
        self.fits = fits
        self.rows = TRANSITIONS
        self.ways: "list[Way]" = [self]
        """Whose rows are looked through, one way after the other."""
        self.state = "idle"
        self.cart: "Cart | None" = None
        self.sale: "Sale | None" = None
        self.elsewhere: "list[tuple[str, str]]" = []
        """Register and order of those that were paid elsewhere last."""
        self.lacks = "wifi"
        """What is missing for a result to reach the display (PROTOCOL.md, 4.1); no code is shown
        while there is anything."""
        self.reader = "none"
        """Whether cards can be tapped (PROTOCOL.md, 4.3)."""

    def handle(self, event: str, data: "dict | attempts.Attempt | None" = None) -> "list[str]":
        """Carry out an event; return the effects. Raises Refusal and changes nothing then.

        Events: "cart", "pay", "cancel" (with the message), "qr_key", "timeout", "network" (it
        came or went), "receipt" (with the attempt that attempts.accept returned), "still_open" (the
        backend says that nobody has paid yet), "code_large" (the sale's code would not be legible),
        "key_refused" (a press of the key was, or a card, with the reason); the other ways' own
        events are in their `refine`.
        """
        for way in self.ways:
            effects = self.step(way, event, data)
            if effects is not None:
                return effects
        return self._unlisted(event)

    def step(
        self, way: "Way", event: str, data: "dict | attempts.Attempt | None" = None
    ) -> "list[str] | None":
        """Carry out an event by one way's rows: the effects, or None if none of them is for it."""
        row = row_for(self.state, way.refine(event, data), way.rows)
        if row is None:
            return None
        _, _, state, action, effects = row
        notice = ""
        if action:
            name, _, word = action.partition(" ")
            act = getattr(way, "do_" + name, None) or getattr(self, "do_" + name)
            notice = act(word or data) or ""
        if state:
            self.state = state
            if self.sale:
                self.sale.notice = notice
        return effects.split()

    def resume(self, attempt: attempts.Attempt) -> None:
        """Take up an attempt that a restart has interrupted: it is known how it ended, or not."""
        self.do_show_attempt(attempt)
        self.state = attempt.outcome or "unknown"

    def _unlisted(self, event: str) -> "list[str]":
        if event in ("cart", "pay"):
            raise Refusal("busy", self.state)
        if event == "cancel":
            raise Refusal("already_paid" if self.state == "paid" else "no_sale")
        return []

    def refine(self, event: str, data: "dict | attempts.Attempt | None") -> str:
        """The event as the table knows it, told apart by what it means to this sale."""
        if event == "pay":
            return self._refine_pay(data)
        if event == "cancel":
            self.check_order(data)
        elif event == "receipt":
            return self._refine_receipt(data)
        elif event == "qr_key" and self.sale:
            return self._refine_key(self.sale)
        return event

    def _refine_key(self, sale: Sale) -> str:
        if not self.fits(sale.order, sale.register):
            return "qr_key_large"
        return "qr_key_deaf" if self.lacks else "qr_key"

    def _refine_pay(self, pay: dict) -> str:
        earlier = self.book.of_order(pay["order"], pay["register"])
        if earlier is not None and earlier.outcome == "paid":
            raise Refusal("already_paid", earlier.transaction)
        if (pay["register"], pay["order"]) in self.elsewhere:
            raise Refusal("already_paid")
        if self.state in WAITING and self.sale.same(pay):
            return "pay_again"
        if "method" not in pay:
            return "pay"
        tap = pay["method"] == "tap"
        if tap and self.reader != "ready":
            raise Refusal("no_reader", self.reader)
        if not tap and not self.fits(pay["order"], pay["register"]):
            raise Refusal("code_too_large")
        if self.lacks:
            raise Refusal("no_network", self.lacks)
        return "pay_tap" if tap else "pay_qr"

    def is_served(self, attempt: "attempts.Attempt | None") -> bool:
        """Whether an attempt is the present sale's."""
        return self.sale is not None and self.sale.attempt is attempt

    def check_order(self, cancel: dict) -> None:
        """Raise Refusal if a CANCEL is of another sale."""
        current = self.sale or self.cart
        if current and current.order != cancel["order"]:
            raise Refusal("unknown_order", current.order)
        if self.sale and cancel.get("register") not in (None, self.sale.register):
            raise Refusal("unknown_order", self.sale.register)

    def _refine_receipt(self, attempt: attempts.Attempt) -> str:
        if self.state in WAITING and self.is_served(attempt):
            return "receipt_" + attempt.settled
        return "receipt_late" if attempt.outcome == "late" else "receipt_moot"

    # Actions: what a row remembers; they may return the notice of the state that it leads to.

    def do_take_cart(self, message: dict) -> None:
        self.sale = None
        if self.cart is None or self.cart.order != message["order"]:
            self.cart = Cart(message)
        else:
            self.cart.update(message)

    def do_open_sale(self, pay: dict) -> None:
        self.sale = Sale(pay)
        self.cart = None

    def do_open_sale_and_attempt(self, pay: dict) -> None:
        sale = Sale(pay)
        self.open_attempt(sale, sale.method)
        self.sale = sale
        self.cart = None

    def do_open_attempt(self, _: None) -> None:
        self.open_attempt(self.sale, "qr")

    def open_attempt(self, sale: Sale, method: str) -> None:
        """A new attempt at a sale; raises Refusal."""
        nonce = self._make_nonce()
        try:
            sale.attempt = self.book.open(
                nonce, sale.order, sale.register, sale.amount, sale.currency, method
            )
        except attempts.Full:
            raise Refusal("full") from None
        except OSError:
            raise Refusal("storage") from None
        sale.method = method

    def do_note(self, notice: str) -> str:
        return notice

    def do_heed_network(self, _: None) -> str:
        return "" if self.sale.notice == "no_network" else self.sale.notice

    def do_give_up(self, _: "dict | None") -> None:
        self.sale.attempt.question = "close"

    def do_fail(self, reason: str) -> None:
        """Nobody saw a code, nobody shall pay it."""
        self.book.end(self.sale.attempt, "failed", reason)

    def do_cancel_attempt(self, _: dict) -> None:
        self.cancel_attempt("")

    def cancel_attempt(self, reason: str) -> None:
        """End the attempt that is open; raises Refusal if that can't be stored."""
        attempt = self.sale.attempt
        question = attempt.question
        if not self.book.end(attempt, "cancelled", reason):
            # After a power cut its code would be shown again.
            attempt.outcome, attempt.reason, attempt.question = "", "", question
            raise Refusal("storage")

    def do_show_attempt(self, attempt: attempts.Attempt) -> None:
        self.cart = None
        self.sale = Sale(attempt.result())
        self.sale.attempt = attempt
        self.sale.method = attempt.method

    def do_clear(self, _: None) -> None:
        self.sale = None
        self.cart = None


WAITING = ("preparing", "qr", "tap", "card", "again", "machine", "unknown")
"""The states in which an attempt is open: the backend, or a card machine, may say how it ended."""
FREE = "idle cart choose lent paid failed cancelled expired late"
"""The states in which a register may begin something. Tables have "free" for these, and "waiting"
for WAITING."""

# Rows: states | event | next state, "" for the same | action, with a word to it | effects. As text,
# because a table of tuples costs the chip four times as much memory.
TRANSITIONS = """\
free|cart|cart|take_cart|show
free|pay|choose|open_sale|show status
free|pay_qr|qr|open_sale_and_attempt|show status
free|pay_tap|tap|open_sale_and_attempt|show status
choose failed expired|qr_key|qr|open_attempt|show status
choose failed expired|qr_key_deaf|choose|note no_network|show status
choose failed expired|qr_key_large|choose|note code_too_large|show status
choose failed expired|key_refused|choose|note no_storage|show status
choose|network|choose|heed_network|show
idle|network|||show
waiting|pay_again|||status
qr|timeout|unknown|give_up|show status ask
qr|code_large|failed|fail code_too_large|show results status ask
waiting|receipt_paid|paid||show results status
waiting|receipt_failed|failed||show results status
waiting|receipt_closed|expired||show results status
unknown|still_open|qr||show status
waiting|cancel|cancelled|cancel_attempt|show results status ask
cart choose failed expired|cancel|cancelled||show status
cancelled|cancel|||status
idle failed cancelled expired late|receipt_late|late|show_attempt|show results status
cart choose waiting paid|receipt_late|||results
*|receipt_moot|||
paid failed cancelled expired late|timeout|idle|clear|show status"""


def row_for(state: str, event: str, table: str) -> "list[str] | None":
    """The row of an event in a state, or None."""
    # No list of all lines: at the tightest moments there may be no memory for one.
    wanted = "|" + event + "|"
    at = table.find(wanted)
    while at >= 0:
        end = table.find("\n", at)
        row = table[table.rfind("\n", 0, at) + 1 : end if end >= 0 else len(table)].split("|")
        if row[1] == event and (row[0] == "*" or state in states_of(row[0])):
            return row
        at = table.find(wanted, at + 1)
    return None


def states_of(words: str) -> "list[str]":
    """The states that a row names."""
    return words.replace("free", FREE).replace("waiting", " ".join(WAITING)).split(" ")
