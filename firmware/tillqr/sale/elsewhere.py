"""What became of an order elsewhere: at a card machine beside the display, or in cash
(PROTOCOL.md, 4.2). Loaded for a moment, when a register says so.

The register's database knows for good what was paid; the display remembers the last orders, to
refuse to take their money too.
"""

from micropython import const

from tillqr.sale.attempts import MACHINE
from tillqr.sale.checkout import WAITING, Sale
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.checkout import Checkout

_KEPT = const(7)  # and one more
SERVING = ("cart", "choose", "lent") + WAITING
"""The states in which somebody's order is under way."""
TRANSITIONS = """\
free|external_paid|paid|show|show status
waiting|external_paid|paid|withdraw|show results status ask
idle cart choose lent failed cancelled expired|external_failed|failed|show|show status
*|external_moot||remember|"""


def handle(till: "Checkout", word: dict) -> "list[str]":
    """Carry out an EXTERNAL_RESULT; return the effects. Raises Refusal and changes nothing then."""
    return till.step(Elsewhere(till), "", word) or []


class Elsewhere:
    """The way past this display (checkout.Way), for one word of a register's."""

    def __init__(self, till: "Checkout") -> None:
        """till: where it counts."""
        self._till = till
        self.rows = TRANSITIONS

    def refine(self, _: str, word: dict) -> str:
        """What it means to what is under way here; raises Refusal."""
        till = self._till
        order, register, paid = word["order"], word["register"], word["outcome"] == "paid"
        earlier = till.book.of_order(order, register)
        if paid and earlier is not None and earlier.outcome == "paid":
            raise Refusal("already_paid", earlier.transaction)
        if till.state in SERVING:
            served = till.sale or till.cart
            if served.order != order or getattr(served, "register", register) != register:
                return "external_moot"
        if paid and till.state in WAITING and till.sale.attempt.method == MACHINE:
            raise Refusal("busy", till.state)  # it may have charged: it is asked, not told
        if not paid and (till.state in WAITING or till.state in ("paid", "late")):
            return "external_moot"
        if not paid and earlier is not None and not earlier.outcome:
            return "external_moot"  # a machine that is away may have charged it
        return "external_" + word["outcome"]

    def do_withdraw(self, word: dict) -> str:
        """Nobody shall pay here what was paid elsewhere."""
        self._till.cancel_attempt("paid_elsewhere")
        return self.do_show(word)

    def do_show(self, word: dict) -> str:
        self.do_remember(word)
        self._till.cart = None
        self._till.sale = Sale(word)
        self._till.sale.method = "card"
        return word.get("reason", "")

    def do_remember(self, word: dict) -> None:
        if word["outcome"] == "paid":
            key = (word["register"], word["order"])
            others = [one for one in self._till.elsewhere if one != key]
            self._till.elsewhere = others[-_KEPT:] + [key]
