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


NumberedKey = tuple[int, bytes]
"""The number that names a key, and the key."""


@dataclass(frozen=True)
class Display:
    """A display as the backend knows it."""

    name: str
    keys: tuple[NumberedKey, ...]
    """Its present key, and the one before it where it has one."""
    gone: tuple[NumberedKey, ...] = ()
    """Keys that it had before those."""

    @property
    def number(self) -> int:
        """Of the present key."""
        return self.keys[0][0]

    @property
    def key(self) -> bytes:
        """The present key."""
        return self.keys[0][1]

    def key_of(self, receipt: Receipt) -> bytes:
        """The key that a receipt names; the present one if it names none of these."""
        return dict(self.keys).get(receipt["key"], self.key)

    def sign(self, receipt: Receipt, **changes: object) -> Receipt:
        """The receipt with changed fields, signed under the key that it named before."""
        return sign({**receipt, **changes}, self.key_of(receipt))


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
    machines: Receipt | None = None
    """What the backend might say of an attempt that is at a card machine, if there is one."""
    tap: str = ""
    """A tap for the main attempt that waits for the backend's word, if there is one."""
    step: int = 0
    """Which one of its words."""


def some_display(rng: random.Random) -> Display:
    """A display of any name that has had three keys, and still takes two."""
    numbers = rng.sample(range(256), 3)
    keys = [(number, rng.randbytes(rng.choice((16, 20, 32, 32, 48, 64)))) for number in numbers]
    return Display(_name(rng, 12), tuple(keys[:2]), tuple(keys[2:]))


def some_receipt(rng: random.Random, display: Display, state: str = "paid") -> Receipt:
    """A true receipt of a new attempt of a display, under either of its keys."""
    receipt = {
        "version": 1,
        "device": display.name,
        "register": _name(rng, 8),
        "order": _name(rng, 20),
        "attempt": rng.randbytes(12).hex(),
        "amount": rng.choice((1, 9_999_999_999, rng.randint(1, 10**10 - 1), rng.randint(1, 10**5))),
        "currency": rng.choice(CURRENCIES),
        "key": rng.choice(display.keys)[0],
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
