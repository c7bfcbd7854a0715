"""What codes that the backend makes add to the checkout: the wait for one (PROTOCOL.md, 8.1).

Loaded where the backend makes them.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.sale.attempts import Attempt
    from tillqr.sale.checkout import Checkout

TRANSITIONS = """\
free|pay_qr|preparing|open_sale|show status ask
choose failed expired|qr_key|preparing|open|show status ask
preparing|charge|qr||show status
preparing|charge_large|failed|fail code_too_large|show results status ask
preparing|timeout|failed|fail no_backend|show results status ask"""


class ByCharge:
    """The way by a charge of the backend's (checkout.Way)."""

    def __init__(self, till: "Checkout", fits_text: "Callable[[str], bool]") -> None:
        """till: whose way this is to be; fits_text: whether the code of a text can be shown so that
        a phone reads it. What the code of an order will be is not known before."""
        self._till = till
        self.rows = TRANSITIONS
        self._fits_text = fits_text
        till.fits = _perhaps
        till.ways.insert(0, self)

    def refine(self, event: str, data: "dict | Attempt | None") -> str:
        """The event as the rows know it. It has one more: "charge" (with the attempt whose text
        came)."""
        if event in ("pay", "qr_key"):
            return self._till.refine(event, data)
        if event == "charge":
            if not self._till.is_served(data):
                return ""
            return "charge" if self._fits_text(data.text) else "charge_large"
        return event

    def resume(self, attempt: "Attempt") -> None:
        """A restart has interrupted an attempt: the text of its code is not known any more."""
        if attempt.question and attempt.method == "qr":
            attempt.question = "close"

    def do_open_sale(self, pay: dict) -> None:
        self._till.do_open_sale_and_attempt(pay)
        self._till.sale.attempt.question = "open"

    def do_open(self, _: object) -> None:
        self._till.do_open_attempt(None)
        self._till.sale.attempt.question = "open"

    def do_fail(self, reason: str) -> None:
        """Nobody saw a code, nobody shall pay it."""
        self._till.book.end(self._till.sale.attempt, "failed", reason)


def _perhaps(_: str, __: str) -> bool:
    return True
