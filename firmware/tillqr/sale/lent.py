"""What a register's line that is lent to a card machine adds to the checkout (PROTOCOL.md, 13.2).

Loaded where that can be. The display can't hear what the machine does, nor tell the register
anything: so nothing can be paid here until the register has said how that went.
"""

from micropython import const

from tillqr.sale.checkout import WAITING
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.checkout import Checkout

TRANSITIONS = """\
choose failed expired|lend|lent|note machine|show status
idle cart lent paid cancelled late|lend|||
lent|cancel|cancelled||show status
lent|receipt_late|||results"""


class Lent:
    """The way past the display (checkout.Way)."""

    def __init__(self, till: "Checkout") -> None:
        """till: whose way this is to be."""
        self._till = till
        self.rows = TRANSITIONS
        till.ways.insert(0, self)

    def refine(self, event: str, data: "dict | object | None") -> str:
        """The event as the rows know it. It has more: "lend" (the line becomes the machine's);
        raises Refusal."""
        till = self._till
        if event == "lend" and till.state in WAITING:
            raise Refusal("busy", till.state)
        if till.state == "lent" and event in ("cancel", "receipt"):
            return till.refine(event, data)
        return event
