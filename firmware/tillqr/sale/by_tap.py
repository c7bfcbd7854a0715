"""What a card reader adds to the checkout: sales by a tapped card or phone (PROTOCOL.md, 14).

Loaded where there is a reader. It stands before the checkout, and has rows of its own, as those in
checkout.py. A tap during the showing of a code is for the attempt of that code, so that its money
can't come twice.
"""

from micropython import const

from tillqr.sale.checkout import Checkout, row_for

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.attempts import Attempt

TRANSITIONS = """\
choose failed expired|card_first|card|open|show status
choose failed expired|card_deaf|choose|deaf|show status
choose failed expired|again|choose|note|show status
qr tap again|card|card|tap|show status
qr tap card again|again|again|note|show status
card|card_done|card|done|show status
again|timeout_qr|qr|forget|show status
again|timeout_tap|tap|forget|show status
tap card|timeout|unknown|give_up|show status ask
unknown|still_open_tap|tap||show status"""
_FIRST = ("choose", "failed", "expired")
_OPEN = ("qr", "tap", "again")


class ByTap:
    """Handles the reader's events, and leaves all else to the checkout."""

    def __init__(self, till: Checkout) -> None:
        """till: whose `handle` is to be this one's."""
        self._till = till
        self._handle = till.handle
        self._back = "tap"
        """The state that is gone back to where a card is not enough."""

    def takes_cards(self) -> bool:
        """Whether a card that is held to the reader now is to be read."""
        return self._till.state in _FIRST + _OPEN

    def holds(self, attempt: "Attempt") -> bool:
        """Whether a card is still to be dealt with for an attempt."""
        return self._till.state == "card" and self._till.is_served(attempt)

    def attempt(self) -> "Attempt | None":
        """That which a card is to be dealt with for, if there is one."""
        return self._till.sale.attempt if self._till.state == "card" else None

    def handle(self, event: str, data: "dict | Attempt | None" = None) -> "list[str]":
        """As Checkout.handle, with more events: "card" (one was read that can pay), "again" (a card
        is not enough, with the reason), "card_done" (it may be taken away)."""
        till = self._till
        row = row_for(till.state, self._refine(event), TRANSITIONS)
        if row is None:
            return self._handle(event, data)
        _, _, state, action, effects = row
        if action:
            _ACTIONS[action](self, till, data)
        till.state = state
        return effects.split()

    def _refine(self, event: str) -> str:
        """The event as the table knows it."""
        till = self._till
        if event == "card" and till.state in _FIRST:
            return "card_deaf" if till.lacks else "card_first"
        if event == "timeout" and till.state == "again":
            return "timeout_" + self._back
        if event == "still_open" and till.sale.attempt.method == "tap":
            return "still_open_tap"
        return event

    def _open(self, till: Checkout, _: object) -> None:
        till.open_attempt(till.sale, "tap")
        self._back = "tap"

    def _tap(self, till: Checkout, _: object) -> None:
        till.sale.method = "tap"
        if till.state != "again":
            self._back = till.state
        till.sale.notice = ""

    def _note(self, till: Checkout, reason: object) -> None:
        """A card under way knows where it came from."""
        if till.state in ("qr", "tap"):
            self._back = till.state
        till.sale.notice = reason

    def _deaf(self, till: Checkout, _: object) -> None:
        till.sale.notice = "no_network"

    def _done(self, till: Checkout, _: object) -> None:
        till.sale.notice = "approving"

    def _forget(self, till: Checkout, _: object) -> None:
        till.sale.notice = ""

    def _give_up(self, till: Checkout, _: object) -> None:
        till.sale.attempt.question = "close"


_ACTIONS = {
    "open": ByTap._open,
    "tap": ByTap._tap,
    "note": ByTap._note,
    "deaf": ByTap._deaf,
    "done": ByTap._done,
    "forget": ByTap._forget,
    "give_up": ByTap._give_up,
}
