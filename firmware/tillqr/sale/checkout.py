"""The checkout: one table of transitions; events in, effects out, no awaits (DESIGN).

`handle` looks for the row of an event in the present state. What is in no row is refused by
name. Rows give the next state, what to remember, and which effects the caller has to carry out:

    show      draw the screen of the new state, and start its timer; every change of state has it
    status    tell the register the new state
    results   send the register what it has not acknowledged (attempts.undelivered)
    ask       ask the backend about what was given up (attempts.to_ask)

The timers are in `DURATIONS`; the event "timeout" says that it ran out.
"""

from micropython import const

from tillqr.sale import attempts
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

DURATIONS = {
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
        self.method = "qr"
        """How it is paid."""
        self.attempt: "attempts.Attempt | None" = None
        self.notice = ""
        """Why no code is shown: "no_network" or "code_too_large", or "" if nothing is wrong."""

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
        self._book = book
        self._make_nonce = make_nonce
        self._fits = fits
        self.state = "idle"
        self.cart: "Cart | None" = None
        self.sale: "Sale | None" = None
        self.hears = False
        """Whether a result could reach the display now; no code is shown without it."""

    def handle(self, event: str, data: "dict | attempts.Attempt | None" = None) -> "list[str]":
        """Carry out an event; return the effects. Raises Refusal and changes nothing then.

        Events: "cart", "pay", "cancel" (with the message), "qr_key", "timeout", "network" (it
        came or went), "receipt" (with the attempt that attempts.accept returned).
        """
        row = row_for(self.state, self._refine(event, data))
        if row is None:
            return self._unlisted(event)
        _, _, state, action, effects = row
        if action:
            getattr(self, "do_" + action)(data)
        self.state = state or self.state
        return effects.split()

    def _unlisted(self, event: str) -> "list[str]":
        if event in ("cart", "pay"):
            raise Refusal("busy", self.state)
        if event == "cancel":
            raise Refusal("already_paid" if self.state == "paid" else "no_sale")
        return []

    def _refine(self, event: str, data: "dict | attempts.Attempt | None") -> str:
        """The event as the table knows it, told apart by what it means to this sale."""
        if event == "pay":
            return self._refine_pay(data)
        if event == "cancel":
            self._check_order(data)
        elif event == "receipt":
            return self._refine_receipt(data)
        elif event == "qr_key" and self.sale is not None:
            if not self.hears:
                return "qr_key_deaf"
            if not self._fits(self.sale.order, self.sale.register):
                return "qr_key_large"
        return event

    def _refine_pay(self, pay: dict) -> str:
        earlier = self._book.of_order(pay["order"])
        if earlier is not None and earlier.outcome == "paid":
            raise Refusal("already_paid", earlier.transaction)
        if self.state in ("qr", "unknown") and self.sale.same(pay):
            return "pay_again"
        if "method" not in pay:
            return "pay"
        if not self.hears:
            raise Refusal("no_network")
        if not self._fits(pay["order"], pay["register"]):
            raise Refusal("code_too_large")
        return "pay_qr"

    def _check_order(self, cancel: dict) -> None:
        current = self.sale or self.cart
        if current is not None and current.order != cancel["order"]:
            raise Refusal("unknown_order", current.order)

    def _refine_receipt(self, attempt: attempts.Attempt) -> str:
        waiting = self.state in ("qr", "unknown") and self.sale.attempt is attempt
        if waiting:
            return "receipt_" + attempt.settled
        return "receipt_late" if attempt.settled == "paid" else "receipt_moot"

    # Actions: what a row remembers.

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
        self._attempt(sale)
        self.sale = sale
        self.cart = None

    def do_open_attempt(self, _: None) -> None:
        self._attempt(self.sale)

    def _attempt(self, sale: Sale) -> None:
        nonce = self._make_nonce()
        try:
            sale.attempt = self._book.open(
                nonce, sale.order, sale.register, sale.amount, sale.currency
            )
        except attempts.Full:
            raise Refusal("full") from None
        sale.notice = ""

    def do_note_deaf(self, _: None) -> None:
        self.sale.notice = "no_network"

    def do_note_large(self, _: None) -> None:
        self.sale.notice = "code_too_large"

    def do_forget_notice(self, _: None) -> None:
        if self.sale.notice == "no_network":
            self.sale.notice = ""

    def do_give_up(self, _: "dict | None") -> None:
        self.sale.attempt.given_up = True

    def do_cancel_attempt(self, _: dict) -> None:
        self.sale.attempt.given_up = True
        self.sale.attempt.outcome = "cancelled"

    def do_settle(self, attempt: attempts.Attempt) -> None:
        attempt.outcome = _OUTCOMES[attempt.settled]

    def do_settle_late(self, attempt: attempts.Attempt) -> None:
        attempt.outcome = "late"
        attempt.delivered = False

    def do_show_late(self, attempt: attempts.Attempt) -> None:
        self.do_settle_late(attempt)
        self.cart = None
        self.sale = Sale(attempt.result())
        self.sale.attempt = attempt

    def do_clear(self, _: None) -> None:
        self.sale = None
        self.cart = None


_OUTCOMES = {"paid": "paid", "failed": "failed", "closed": "expired"}

# Rows: states | event | next state, "" for the same | action | effects. As text, because a table
# of tuples costs the chip four times as much memory.
TRANSITIONS = """\
idle cart choose paid failed cancelled expired late|cart|cart|take_cart|show
idle cart choose paid failed cancelled expired late|pay|choose|open_sale|show status
idle cart choose paid failed cancelled expired late|pay_qr|qr|open_sale_and_attempt|show status
choose failed expired|qr_key|qr|open_attempt|show status
choose failed expired|qr_key_deaf|choose|note_deaf|show status
choose failed expired|qr_key_large|choose|note_large|show status
choose|network||forget_notice|show
idle|network|||show
qr unknown|pay_again|||status
qr|timeout|unknown|give_up|show status ask
qr unknown|receipt_paid|paid|settle|show status results
qr unknown|receipt_failed|failed|settle|show status results
qr unknown|receipt_closed|expired|settle|show status results
qr unknown|cancel|cancelled|cancel_attempt|show status results ask
cart choose failed expired|cancel|cancelled||show status
cancelled|cancel|||status
idle failed cancelled expired late|receipt_late|late|show_late|show status results
cart choose qr unknown paid|receipt_late||settle_late|results
*|receipt_moot|||
paid failed cancelled expired late|timeout|idle|clear|show status"""


def row_for(state: str, event: str) -> "list[str] | None":
    """The row of an event in a state, or None."""
    for line in TRANSITIONS.split("\n"):
        row = line.split("|")
        if row[1] == event and (row[0] == "*" or state in row[0].split(" ")):
            return row
    return None
