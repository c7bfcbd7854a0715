"""Attempts: each showing of a code, with what became of it, and what the register knows of it.

An attempt is known by its nonce. The book keeps the last ones, so that money that comes late is
still recognised; it forgets only attempts that are settled and delivered, and takes no new one
when it is full of others. Each takes 250 bytes of a chip's memory, so there are fewer than it could
have where none has to be kept. What it knows is in the journal before anybody is told of it.
"""

from micropython import const

from tillqr.sale.rejected import Rejected

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale import mac
    from tillqr.sale.journal import Journal
    from tillqr.sale.receipt import Receipt

NONCE_SIZE = const(12)
"""Bytes of an attempt's nonce; receipts and messages carry it as lower-case hex."""
MAX_ATTEMPTS = const(16)
KEPT = const(8)
"""As many are kept though they could be forgotten."""
MACHINE = "machine"
METHODS = ("qr", "tap", MACHINE)
"""How an attempt is paid: by its code, by a tap on the reader, or at the card machine."""
_OUTCOMES = {"paid": "paid", "failed": "failed", "closed": "expired"}


class Full(Exception):
    """Every place is taken by an attempt that can't be forgotten yet."""


class Attempt:
    """One showing of a code for a sale, or one go at a card machine.

    outcome: "" while open, then as answers.OUTCOMES; settled: the backend's word on it
    (receipt.STATES), "" before one came; question: what the backend is to be asked about it, "ask",
    "open" or "close" (PROTOCOL.md, 8), or ""; method: of METHODS: what is of MACHINE is asked about
    at the machine, and settled by it and nobody else; cancelling: the register wants the machine to
    stop; text: what its code says, where the backend makes that, until `delivered`;
    delivered: the register has acknowledged `outcome`; stored: the journal has it as it is.
    """

    # Not all have these: they take memory of their own only where they are set.
    transaction = ""
    reason = ""
    question = ""
    text = ""
    method = "qr"
    cancelling = False

    def __init__(self, nonce: str, order: str, register: str, amount: int, currency: str) -> None:
        self.nonce = nonce
        self.order = order
        self.register = register
        self.amount = amount
        self.currency = currency
        self.outcome = ""
        self.settled = ""
        self.delivered = False
        self.stored = False

    def settle(self, word: "Receipt") -> None:
        """Take the backend's word; money for what has ended otherwise is late."""
        self.settled = word.state
        if word.transaction != self.transaction:
            self.transaction = word.transaction
        if word.state != "closed" and word.reason != self.reason:  # that says nothing of why
            self.reason = word.reason
        if not self.outcome:
            self.outcome = _OUTCOMES[word.state]
            if self.cancelling and word.state == "closed":
                self.outcome = "cancelled"
        elif word.state == "paid":
            self.outcome = "late"
            self.delivered = False
        self.stored = False

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

    def matches(self, word: "Receipt") -> "str | None":
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

    def __init__(
        self, device: str, keys: "list[mac.Key]", found: "list[Attempt]", journal: "Journal"
    ) -> None:
        """keys: those under which a receipt may be signed; found: what the journal had."""
        self._device = device
        self._keys = keys
        self._book = found
        self._journal = journal

    def open(
        self,
        nonce: str,
        order: str,
        register: str,
        amount: int,
        currency: str,
        method: str = "qr",
    ) -> Attempt:
        """A new attempt, which is in the journal; raises Full, and OSError if it can't be."""
        if len(self._book) >= KEPT:
            old = self._forgettable()
            if old is not None:
                self._book.remove(old)
            elif len(self._book) >= MAX_ATTEMPTS:
                raise Full()
        if self._book:  # the last one's names, where they are the same, take no memory again
            last = self._book[-1]
            register = last.register if register == last.register else register
            currency = last.currency if currency == last.currency else currency
        attempt = Attempt(nonce, order, register, amount, currency)
        if method != "qr":
            attempt.method = method
        self._book.append(attempt)
        try:
            self._journal.commit(self._book)
        finally:
            if not attempt.stored:
                self._book.remove(attempt)
        return attempt

    def end(self, attempt: Attempt, outcome: str, reason: str) -> bool:
        """An attempt has ended without a word of the backend, which is to close it; whether that is
        in the journal."""
        attempt.outcome, attempt.question = outcome, "close"
        if reason:
            attempt.reason = reason
        attempt.stored = False
        return self._store()

    def deliver(self, attempt: Attempt) -> None:
        """The register has an outcome. It is written with what is written next: until then it would
        only be told once more."""
        attempt.delivered = True
        attempt.stored = False
        if attempt.text:  # nobody is to scan it any more, and the book has many attempts
            attempt.text = ""

    def keep(self, attempt: Attempt) -> bool:
        """Whether a power cut can't lose what is known of an attempt, now: the register has it, or
        the journal."""
        return attempt.delivered or attempt.stored or self._store()

    def _store(self) -> bool:
        try:
            self._journal.commit(self._book)
        except (OSError, MemoryError):
            return False
        return True

    @property
    def writes(self) -> int:
        """How often the journal was written, ever."""
        return self._journal.sequence

    @property
    def lacks(self) -> str:
        """Why no attempt can be opened, by the names of PROTOCOL.md, 4.1; "" if one can."""
        if self._journal.failing:
            return "storage"
        full = len(self._book) >= MAX_ATTEMPTS and self._forgettable() is None
        return "space" if full else ""

    def _forgettable(self) -> "Attempt | None":
        for attempt in self._book:
            if attempt.settled and attempt.delivered:
                return attempt
        return None

    def accept(self, word: "Receipt", machine: "list[mac.Key] | None" = None) -> Attempt:
        """The attempt that a receipt settles, with its word in it; raises Rejected. `keep`
        it before anybody is told.

        machine: the keys of the card machine, if it is its receipt: it may settle what was paid
        there, and nothing else; nobody else may.
        """
        if word.device != self._device:
            raise Rejected("receipt_wrong_device")
        if not word.authentic(self._keys if machine is None else machine):
            raise Rejected("receipt_bad_mac")
        attempt = self.find(word.attempt)
        if attempt is None:
            raise Rejected("receipt_unknown_attempt")
        if (attempt.method == MACHINE) != (machine is not None):
            raise Rejected("receipt_wrong_method")
        wrong = attempt.matches(word)
        if wrong == "receipt_replayed" and not self.keep(attempt):
            wrong = "receipt_unstored"
        if wrong is not None:
            raise Rejected(wrong)
        attempt.settle(word)
        return attempt

    def find(self, nonce: object) -> "Attempt | None":
        """The attempt of a nonce."""
        for attempt in self._book:
            if attempt.nonce == nonce:
                return attempt
        return None

    def of_order(self, order: str, register: "str | None") -> "Attempt | None":
        """The latest attempt of an order of a register; None: of whichever."""
        for attempt in reversed(self._book):
            if attempt.order == order and register in (None, attempt.register):
                return attempt
        return None

    def interrupted(self) -> "Attempt | None":
        """The latest attempt, if there is anything yet to be said of it."""
        attempt = self._book[-1] if self._book else None
        return attempt if attempt is not None and not attempt.delivered else None

    def retry(self) -> None:
        """Write again, if the last try has failed."""
        if self._journal.failing:
            self._store()

    def undelivered(self, refused: "Attempt | None") -> "Attempt | None":
        """The oldest attempt whose outcome the register has not acknowledged; the one that it
        refused last only if there is no other, so that it stands in nobody's way."""
        for attempt in self._book:
            if attempt.outcome and not attempt.delivered and attempt is not refused:
                return attempt
        return refused if refused is not None and not refused.delivered else None

    def to_ask(self, machine: bool = False) -> "Attempt | None":
        """What the backend, or the card machine, is to be asked about next: first what a customer
        waits for."""
        found = None
        for attempt in reversed(self._book):
            of_machine = attempt.method == MACHINE
            if attempt.question and not attempt.settled and of_machine == machine:
                found = attempt
                if attempt.question != "close":
                    break
        return found
