"""Attempts: each showing of a code, with what became of it, and what the register knows of it.

An attempt is known by its nonce. The book keeps the last ones, so that money that comes late is
still recognised; it forgets only attempts that are settled and delivered, and takes no new one
when it is full of others.
"""

from micropython import const

from tillqr.sale import mac, receipt

MAX_ATTEMPTS = const(16)


class Full(Exception):
    """Every place is taken by an attempt that can't be forgotten yet."""


class Attempt:
    """One showing of a code for a sale.

    outcome: "" while open, then as message.OUTCOMES; settled: the backend's word on it
    (receipt.STATES), "" before one came; given_up: nobody waits for it at the display any more,
    so the backend is to be asked; delivered: the register has acknowledged `outcome`.
    """

    def __init__(self, nonce: str, order: str, register: str, amount: int, currency: str) -> None:
        self.nonce = nonce
        self.order = order
        self.register = register
        self.amount = amount
        self.currency = currency
        self.outcome = ""
        self.transaction = ""
        self.reason = ""
        self.settled = ""
        self.given_up = False
        self.delivered = False

    def result(self) -> dict:
        """The RESULT message that tells the register of this attempt."""
        return {
            "order": self.order,
            "register": self.register,
            "amount": self.amount,
            "currency": self.currency,
            "attempt": self.nonce,
            "outcome": self.outcome,
            "transaction": self.transaction,
            "reason": self.reason,
        }

    def matches(self, word: receipt.Receipt) -> "str | None":
        """Name of what in a receipt contradicts this attempt, or None."""
        if word.order != self.order:
            return "receipt_wrong_order"
        if word.register != self.register:
            return "receipt_wrong_register"
        if word.amount != self.amount:
            return "receipt_wrong_amount"
        if word.currency != self.currency:
            return "receipt_wrong_currency"
        if self.settled == "paid" or (self.settled and word.state != "paid"):
            return "receipt_replayed"  # only "paid" may still follow another word
        return None


class Attempts:
    """The book of attempts of one device."""

    def __init__(self, device: str, key: mac.Key) -> None:
        self._device = device
        self._key = key
        self._book: list[Attempt] = []

    def open(self, nonce: str, order: str, register: str, amount: int, currency: str) -> Attempt:
        """A new attempt; raises Full."""
        if len(self._book) >= MAX_ATTEMPTS:
            self._forget_one()
        attempt = Attempt(nonce, order, register, amount, currency)
        self._book.append(attempt)
        return attempt

    def _forget_one(self) -> None:
        for attempt in self._book:
            if attempt.settled and attempt.delivered:
                self._book.remove(attempt)
                return
        raise Full()

    def accept(self, word: receipt.Receipt) -> Attempt:
        """The attempt that a receipt settles, with its word in it; raises receipt.Rejected."""
        if word.device != self._device:
            raise receipt.Rejected("receipt_wrong_device")
        if not word.authentic(self._key):
            raise receipt.Rejected("receipt_bad_mac")
        attempt = self.find(word.attempt)
        if attempt is None:
            raise receipt.Rejected("receipt_unknown_attempt")
        wrong = attempt.matches(word)
        if wrong is not None:
            raise receipt.Rejected(wrong)
        attempt.settled = word.state
        attempt.transaction = word.transaction
        attempt.reason = word.reason
        return attempt

    def find(self, nonce: str) -> "Attempt | None":
        """The attempt of a nonce."""
        for attempt in self._book:
            if attempt.nonce == nonce:
                return attempt
        return None

    def of_order(self, order: str) -> "Attempt | None":
        """The latest attempt of an order."""
        for attempt in reversed(self._book):
            if attempt.order == order:
                return attempt
        return None

    def undelivered(self) -> "Attempt | None":
        """The oldest attempt whose outcome the register has not acknowledged."""
        for attempt in self._book:
            if attempt.outcome and not attempt.delivered:
                return attempt
        return None

    def to_ask(self) -> "Attempt | None":
        """The oldest attempt that was given up and that the backend has not spoken of."""
        for attempt in self._book:
            if attempt.given_up and not attempt.settled:
                return attempt
        return None
