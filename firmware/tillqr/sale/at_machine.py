"""What a card machine on the display's second line adds to the checkout (PROTOCOL.md, 13.1).

Loaded where there is one. It stands before the checkout, and has rows of its own, as those in
checkout.py: what the machine has begun only the machine can end.
"""

from micropython import const

from tillqr.sale.attempts import MACHINE
from tillqr.sale.checkout import WAITING, Checkout, row_for
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.attempts import Attempt

TRANSITIONS = """\
choose failed expired|machine_key|machine|open|show status
machine|machine_lost|unknown||show status
unknown|machine_busy|machine||show status
machine unknown|machine_cancel|unknown|stop|show status
unknown|machine_leave|idle|leave|show status
machine unknown|machine_stopped|cancelled||show results status"""


class AtMachine:
    """Handles the machine's events, and leaves all else to the checkout."""

    def __init__(self, till: Checkout) -> None:
        """till: whose `handle` is to be this one's."""
        self._till = till
        self._handle = till.handle
        self.up = False
        """Whether the machine answers."""

    def handle(self, event: str, data: "dict | Attempt | None" = None) -> "list[str]":
        """As Checkout.handle, with more events: "machine_key" (the machine's pay key was pressed),
        "machine_lost" (it is away), "machine_busy" (with the attempt that it works on)."""
        till = self._till
        row = row_for(till.state, self._refine(event, data), TRANSITIONS)
        if row is None:
            if event == "machine_key":
                raise Refusal("busy" if till.state in WAITING else "no_sale", till.state)
            return self._handle(event, data)
        _, _, state, action, effects = row
        if action:
            _ACTIONS[action](till)
        till.state = state
        return effects.split()

    def _refine(self, event: str, data: "dict | Attempt | None") -> str:
        """The event as the table knows it."""
        till = self._till
        served = till.sale.attempt if till.sale and till.state in WAITING else None
        if event == "pay":
            self._check_open(data, served)
        elif event == "machine_busy":
            return event if data is served else ""
        elif event == "receipt" and data is served and served.outcome == "cancelled":
            return "machine_stopped"
        elif event == "cancel" and served is not None and served.method == MACHINE:
            till.check_order(data)
            # Only while it is away the counter goes on without its word, at a second CANCEL.
            return "machine_leave" if served.cancelling and not self.up else "machine_cancel"
        return event

    def _check_open(self, pay: dict, served: "Attempt | None") -> None:
        """Raise Refusal if a machine that is away may have charged an order already."""
        earlier = self._till.book.of_order(pay["order"], pay["register"])
        if earlier is not None and not earlier.outcome and earlier is not served:
            raise Refusal("busy", "unknown")


def _open(till: Checkout) -> None:
    till.open_attempt(till.sale, MACHINE)
    till.sale.attempt.question = "open"


def _stop(till: Checkout) -> None:
    """The machine is to stop, which is stored, or nothing has changed."""
    attempt = till.sale.attempt
    before = (attempt.cancelling, attempt.question)
    attempt.cancelling, attempt.question, attempt.stored = True, "close", False
    if not till.book.keep(attempt):
        attempt.cancelling, attempt.question = before
        raise Refusal("storage")


def _leave(till: Checkout) -> None:
    till.sale = None


_ACTIONS = {"open": _open, "stop": _stop, "leave": _leave}
