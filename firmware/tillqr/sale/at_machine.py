"""What a card machine on the display's second line adds to the checkout (PROTOCOL.md, 13.1).

Loaded where there is one. What the machine has begun only the machine can end.
"""

from micropython import const

from tillqr.sale.attempts import MACHINE
from tillqr.sale.checkout import WAITING, row_for
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.checkout import Checkout

TRANSITIONS = """\
choose failed expired|machine_key|machine|open|show status
machine|machine_lost|unknown||show status
unknown|machine_busy|machine||show status
machine unknown|machine_cancel|unknown|stop|show status
unknown|machine_leave|idle|clear|show status
machine unknown|machine_stopped|cancelled||show results status"""


class AtMachine:
    """The way by the machine (checkout.Way)."""

    def __init__(self, till: "Checkout") -> None:
        """till: whose way this is to be."""
        self._till = till
        self.rows = TRANSITIONS
        self.up = False
        """Whether the machine answers."""
        till.ways.insert(0, self)

    def refine(self, event: str, data: "dict | Attempt | None") -> str:
        """The event as the rows know it. It has more: "machine_key" (the machine's pay key was
        pressed), "machine_lost" (it is away), "machine_busy" (with the attempt that it works on);
        raises Refusal."""
        till = self._till
        served = till.sale.attempt if till.sale and till.state in WAITING else None
        if event == "pay":
            self._check_open(data, served)
        elif event == "machine_key" and row_for(till.state, event, self.rows) is None:
            raise Refusal("busy" if till.state in WAITING else "no_sale", till.state)
        elif event == "machine_busy":
            return event if data is served else ""
        elif event == "receipt" and data is served and served.cancelling and data.outcome != "paid":
            return "machine_stopped"  # failed or closed: the register wanted neither tried again
        elif event == "cancel" and served is not None and served.method == MACHINE:
            till.check_order(data)
            # Only while it is away the counter goes on without its word, at a second CANCEL.
            return "machine_leave" if served.cancelling and not self.up else "machine_cancel"
        return event

    def resume(self, attempt: "Attempt") -> None:
        """After a restart, behind the checkout's: what was to stop is not offered once more."""
        if attempt.cancelling and attempt.outcome == "failed":
            self._till.state = "cancelled"

    def _check_open(self, pay: dict, served: "Attempt | None") -> None:
        """Raise Refusal if a machine that is away may have charged an order already."""
        earlier = self._till.book.of_order(pay["order"], pay["register"])
        if earlier is not None and not earlier.outcome and earlier is not served:
            raise Refusal("busy", "unknown")

    def do_open(self, _: object) -> None:
        self._till.open_attempt(self._till.sale, MACHINE)
        self._till.sale.attempt.question = "open"

    def do_stop(self, _: dict) -> None:
        """The machine is to stop, which is stored, or nothing has changed."""
        attempt = self._till.sale.attempt
        before = (attempt.cancelling, attempt.question)
        attempt.cancelling, attempt.question, attempt.stored = True, "close", False
        if not self._till.book.keep(attempt):
            attempt.cancelling, attempt.question = before
            raise Refusal("storage")
