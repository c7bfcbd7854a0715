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

    outcome: "" while open, then as answers.OUTCOMES; settled: the backend's word on it
    (receipt.STATES), "" before one came; question: what the backend is to be asked about it, "ask",
    "open" or "close" (PROTOCOL.md, 8), or ""; text: what its code says, where the backend makes
    that; delivered: the register has acknowledged `outcome`.
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
        self.question = ""
        self.text = ""
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

    def __init__(self, device: str, keys: "list[mac.Key]") -> None:
        """keys: those under which a receipt may be signed."""
        self._device = device
        self._keys = keys
        self._book: list[Attempt] = []

    def open(self, nonce: str, order: str, register: str, amount: int, currency: str) -> Attempt:
        """A new attempt; raises Full."""
        if len(self._book) >= MAX_ATTEMPTS:
            old = self._forgettable()
            if old is None:
                raise Full()
            self._book.remove(old)
        attempt = Attempt(nonce, order, register, amount, currency)
        self._book.append(attempt)
        return attempt

    def has_space(self) -> bool:
        """Whether a new attempt can be opened."""
        return len(self._book) < MAX_ATTEMPTS or self._forgettable() is not None

    def _forgettable(self) -> "Attempt | None":
        for attempt in self._book:
            if attempt.settled and attempt.delivered:
                return attempt
        return None

    def accept(self, word: receipt.Receipt) -> Attempt:
        """The attempt that a receipt settles, with its word in it; raises receipt.Rejected."""
        if word.device != self._device:
            raise receipt.Rejected("receipt_wrong_device")
        if not word.authentic(self._keys):
            raise receipt.Rejected("receipt_bad_mac")
        attempt = self.find(word.attempt)
        if attempt is None:
            raise receipt.Rejected("receipt_unknown_attempt")
        wrong = attempt.matches(word)
        if wrong is not None:
            raise receipt.Rejected(wrong)
        attempt.settled = word.state
        attempt.transaction = word.transaction
        if word.state != "closed":  # which says nothing of why
            attempt.reason = word.reason
        return attempt

    def find(self, nonce: object) -> "Attempt | None":
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

    def undelivered(self, refused: "Attempt | None") -> "Attempt | None":
        """The oldest attempt whose outcome the register has not acknowledged; the one that it
        refused last only if there is no other, so that it stands in nobody's way."""
        for attempt in self._book:
            if attempt.outcome and not attempt.delivered and attempt is not refused:
                return attempt
        return refused if refused is not None and not refused.delivered else None

    def to_ask(self) -> "Attempt | None":
        """What the backend is to be asked about next: first what a customer waits for."""
        found = None
        for attempt in reversed(self._book):
            if attempt.question and not attempt.settled:
                found = attempt
                if attempt.question != "close":
                    break
        return found
