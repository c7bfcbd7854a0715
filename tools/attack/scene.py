"""What an attack finds: a display with its key, and receipts in every stage of their lives."""

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass

from tools.attack.signing import Receipt, sign

NAME_LETTERS = string.ascii_letters + string.digits + "._-"
CURRENCIES = ("EUR", "USD", "GBP", "JPY", "CHF", "BHD", "CLF", "BRL", "CNY", "SEK")
REASONS = ("insufficient_funds", "cancelled_by_payer", "limit_exceeded", "expired", "declined")
_TRANSACTIONS = ("T1", "", "pi_3Nx-88", "Zahlung ä/ß €", "支付 0042", 'a"b\\c/d', "9" * 40)
PAYMENT = ("register", "order", "amount", "currency")
"""The fields of a receipt that are its attempt's."""


@dataclass(frozen=True)
class Display:
    """A display as the backend knows it."""

    name: str
    key: bytes
    number: int

    def sign(self, receipt: Receipt, **changes: object) -> Receipt:
        """The receipt of this display, with changed fields and then signed."""
        return sign({**receipt, **changes}, self.key)


@dataclass(frozen=True)
class Scene:
    """One moment at a display."""

    display: Display
    main: Receipt
    """The true receipt of an attempt that is open: the one that is attacked."""
    other: Receipt
    """A true receipt of another attempt of this display."""
    open: dict[str, Receipt]
    """What each attempt that is open now was opened with, by its nonce."""
    counted: Sequence[Receipt]
    """Receipts that counted, of attempts that the book still has."""
    forgotten: Sequence[Receipt]
    """Receipts that counted, of attempts that the book has forgotten."""


def some_display(rng: random.Random) -> Display:
    """A display of any name with any key."""
    key = rng.randbytes(rng.choice((16, 20, 32, 32, 48, 64)))
    return Display(_name(rng, 12), key, rng.randrange(256))


def some_receipt(rng: random.Random, display: Display, state: str = "paid") -> Receipt:
    """A true receipt of a new attempt of a display."""
    receipt = {
        "version": 1,
        "device": display.name,
        "register": _name(rng, 8),
        "order": _name(rng, 20),
        "attempt": rng.randbytes(12).hex(),
        "amount": rng.choice((1, 9_999_999_999, rng.randint(1, 10**10 - 1), rng.randint(1, 10**5))),
        "currency": rng.choice(CURRENCIES),
        "key": display.number,
    }
    return display.sign({**receipt, **some_word(rng, state)})


def some_word(rng: random.Random, state: str) -> Receipt:
    """The fields that say what became of an attempt."""
    return {
        "state": state,
        "transaction": rng.choice(_TRANSACTIONS) if state == "paid" else "",
        "reason": rng.choice(REASONS) if state == "failed" else "",
    }


def _name(rng: random.Random, longest: int) -> str:
    return "".join(rng.choices(NAME_LETTERS, k=rng.randint(1, longest)))
