"""What became of an order elsewhere: at a card machine beside the display, or in cash
(PROTOCOL.md, 4.2). Loaded for a moment, when a register says so.

The rows are as in checkout.py. The register's database knows for good what was paid; the display
remembers the last orders, to refuse to take their money too.
"""

from micropython import const

from tillqr.sale.attempts import MACHINE
from tillqr.sale.checkout import WAITING, Sale, row_for
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.checkout import Checkout

_KEPT = const(7)  # and one more
SERVING = ("cart", "choose") + WAITING
"""The states in which somebody's order is under way."""
TRANSITIONS = """\
free|external_paid|paid|show|show status
waiting|external_paid|paid|withdraw|show results status ask
idle cart choose failed cancelled expired|external_failed|failed|show|show status
*|external_moot||remember|"""


def handle(till: "Checkout", word: dict) -> "list[str]":
    """Carry out an EXTERNAL_RESULT; return the effects. Raises Refusal and changes nothing then."""
    row = row_for(till.state, _event(till, word), TRANSITIONS)
    _, _, state, action, effects = row  # type: ignore[misc]
    _ACTIONS[action](till, word)
    till.state = state or till.state
    return effects.split()


def _event(till: "Checkout", word: dict) -> str:
    """What it means to what is under way here."""
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
    return "external_" + word["outcome"]


def _withdraw(till: "Checkout", word: dict) -> None:
    """Nobody shall pay here what was paid elsewhere."""
    till.cancel_attempt("paid_elsewhere")
    _show(till, word)


def _show(till: "Checkout", word: dict) -> None:
    _remember(till, word)
    till.cart = None
    till.sale = Sale(word)
    till.sale.method = "card"
    till.sale.notice = word.get("reason", "")


def _remember(till: "Checkout", word: dict) -> None:
    if word["outcome"] == "paid":
        key = (word["register"], word["order"])
        till.elsewhere = [one for one in till.elsewhere if one != key][-_KEPT:] + [key]


_ACTIONS = {"show": _show, "withdraw": _withdraw, "remember": _remember}
