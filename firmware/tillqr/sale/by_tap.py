"""What a card reader adds to the checkout: sales by a tapped card or phone (PROTOCOL.md, 14).

Loaded where there is a reader. A tap during the showing of a code is for the attempt of that code,
so that its money can't come twice.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.checkout import Checkout

TRANSITIONS = """\
choose failed expired|card_first|card|open|show status
choose failed expired|card_deaf|choose|note no_network|show status
choose failed expired|again|choose|note|show status
qr tap again|card|card|tap|show status
qr tap card again|again|again|note|show status
card|card_done|card|note approving|show status
again|timeout_qr|qr||show status
again|timeout_tap|tap||show status
tap card|timeout|unknown|give_up|show status ask
unknown|still_open_tap|tap||show status"""
_FIRST = ("choose", "failed", "expired")
_OPEN = ("qr", "tap", "again")


class ByTap:
    """The way by the card reader (checkout.Way)."""

    def __init__(self, till: "Checkout") -> None:
        """till: whose way this is to be."""
        self._till = till
        self.rows = TRANSITIONS
        self._back = "tap"
        """The state that is gone back to where a card is not enough."""
        till.ways.insert(0, self)

    def takes_cards(self) -> bool:
        """Whether a card that is held to the reader now is to be read."""
        return self._till.state in _FIRST + _OPEN

    def holds(self, attempt: "Attempt") -> bool:
        """Whether a card is still to be dealt with for an attempt."""
        return self._till.state == "card" and self._till.is_served(attempt)

    def attempt(self) -> "Attempt | None":
        """That which a card is to be dealt with for, if there is one."""
        return self._till.sale.attempt if self._till.state == "card" else None

    def refine(self, event: str, _: object) -> str:
        """The event as the rows know it. It has more: "card" (one was read that can pay), "again"
        (a card is not enough, with the reason), "card_done" (it may be taken away)."""
        till = self._till
        if event == "card" and till.state in _FIRST:
            return "card_deaf" if till.lacks else "card_first"
        if event == "timeout" and till.state == "again":
            return "timeout_" + self._back
        if event == "still_open" and till.sale.attempt.method == "tap":
            return "still_open_tap"
        return event

    def do_open(self, _: object) -> None:
        self._till.open_attempt(self._till.sale, "tap")
        self._back = "tap"

    def do_tap(self, _: object) -> None:
        self._till.sale.method = "tap"
        if self._till.state != "again":
            self._back = self._till.state

    def do_note(self, notice: str) -> str:
        if self._till.state in ("qr", "tap"):  # a card under way knows where it came from
            self._back = self._till.state
        return notice
