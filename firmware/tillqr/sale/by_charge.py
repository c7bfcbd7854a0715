"""What codes that the backend makes add to the checkout: the wait for one (PROTOCOL.md, 8.1).

Loaded where the backend makes them. It stands before the checkout, and has rows of its own, as
those in checkout.py.
"""

from micropython import const

from tillqr.sale.checkout import Checkout, row_for

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.sale.attempts import Attempt

TRANSITIONS = """\
free|pay_qr|preparing|open_sale|show status ask
choose failed expired|qr_key|preparing|open|show status ask
preparing|charge|qr||show status
preparing|charge_large|failed|fail_large|show results status ask
preparing|timeout|failed|fail|show results status ask"""


class ByCharge:
    """Handles the events of a charge, and leaves all else to the checkout."""

    def __init__(self, till: Checkout, fits_text: "Callable[[str], bool]") -> None:
        """till: whose `handle` is to be this one's; fits_text: whether the code of a text can be
        shown so that a phone reads it. What the code of an order will be is not known before."""
        self._till = till
        self._handle = till.handle
        self._fits_text = fits_text
        till.fits = _perhaps

    def handle(self, event: str, data: "dict | Attempt | None" = None) -> "list[str]":
        """As Checkout.handle, with one event more: "charge" (with the attempt whose text came)."""
        till = self._till
        row = row_for(till.state, self._refine(event, data), TRANSITIONS)
        if row is None:
            return self._handle(event, data)
        _, _, state, action, effects = row
        if action:
            _ACTIONS[action](till, data)
        till.state = state
        return effects.split()

    def _refine(self, event: str, data: "dict | Attempt | None") -> str:
        """The event as the table knows it."""
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


def _perhaps(_: str, __: str) -> bool:
    return True


def _open_sale(till: Checkout, pay: dict) -> None:
    till.do_open_sale_and_attempt(pay)
    till.sale.attempt.question = "open"


def _open(till: Checkout, _: object) -> None:
    till.open_attempt(till.sale, "qr")
    till.sale.attempt.question = "open"


def _fail_large(till: Checkout, _: object) -> None:
    """Nobody saw a code, nobody shall pay it."""
    till.book.end(till.sale.attempt, "failed", "code_too_large")


def _fail(till: Checkout, _: object) -> None:
    till.book.end(till.sale.attempt, "failed", "no_backend")


_ACTIONS = {"open_sale": _open_sale, "open": _open, "fail_large": _fail_large, "fail": _fail}
