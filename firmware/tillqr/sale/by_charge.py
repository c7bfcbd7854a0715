"""What codes that the backend makes add to the checkout: the wait for a charge (PROTOCOL.md, 8.1).

Loaded where the backend makes them.
"""

from micropython import const

from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.sale.attempts import Attempt
    from tillqr.sale.checkout import Checkout
    from tillqr.sale.mac import Key

_CHARGE = "tillqr.sale.charge"
TRANSITIONS = """\
free|pay_qr|preparing|open_sale|show status ask
choose failed expired|qr_key|preparing|open|show status ask
preparing|charge|qr||show status
preparing|timeout|failed|fail no_backend|show results status ask"""


class ByCharge:
    """The way by a charge of the backend's (checkout.Way)."""

    def __init__(
        self,
        till: "Checkout",
        judged: "tuple[str, list[Key]]",
        count: "Callable[[str], None]",
    ) -> None:
        """till: whose way this is to be; judged: charge.Charges'."""
        self._till = till
        self.rows = TRANSITIONS
        self._judged = judged
        self._count = count
        self.happen: "Callable[[str, Attempt], None]" = None  # type: ignore[assignment]
        """The display's: carries an event out."""
        till.fits = _perhaps  # what the code of an order will be is not known before
        till.ways.insert(0, self)

    def take(self, word: dict) -> None:
        """A charge came: the attempt that waits for it shows what its code is to say."""
        attempt = self._till.book.find(word.get("attempt"))
        if attempt is None or attempt.question != "open" or attempt.method != "qr":
            return  # too late, or twice, or it is paid otherwise
        if not self._holds(word, attempt):
            self._count("charge_refused")
            return
        attempt.question = ""
        attempt.text = word["text"]
        self.happen("charge", attempt)

    def _holds(self, word: dict, attempt: "Attempt") -> bool:
        try:
            return load(_CHARGE).Charges(*self._judged).holds(word, attempt)
        finally:
            unload(_CHARGE)

    def refine(self, event: str, data: "dict | Attempt | None") -> str:
        """The event as the rows know it. It has one more: "charge" (with the attempt whose text
        came)."""
        if event in ("pay", "qr_key"):
            return self._till.refine(event, data)
        if event == "charge" and not self._till.is_served(data):
            return ""
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


def _perhaps(_: str, __: str) -> bool:
    return True
