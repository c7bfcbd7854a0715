"""The charges: made from codes, ended once and for good, answered for with signed words.

It knows nothing of how questions come and answers go.
"""

import time
from collections.abc import Callable
from typing import Literal, NamedTuple

import sqlalchemy as sa
from tillqr.sale import money

from host_sim.gateway import codes, provider, receipts
from host_sim.gateway.store import Store

SignWith = Literal["code", "present", "previous"]


class Answer(NamedTuple):
    """What a display is told."""

    kind: Literal["receipt", "charge", "open", "tap"]
    content: dict


class Ledger:
    """The charges of a set of displays."""

    def __init__(
        self,
        devices: dict[str, codes.Device],
        store: Store,
        make_text: provider.Provider,
        on_event: Callable[[str], None],
    ) -> None:
        self._devices = devices
        self._store = store
        self._make_text = make_text
        self._on_event = on_event
        self.clock: Callable[[], float] = time.time
        """What codes that change are held against."""
        self.sign_with: SignWith = "code"
        """Which of a display's keys signs: the one that the code was signed with, which it has for
        sure; or its present one, or the one before."""

    def open_code(self, code: str) -> sa.RowMapping:
        """The charge of a code that a phone opens now, made if there is none; raises BadCode."""
        charge = self._open(codes.read(code, self._devices, self.clock()))
        self._on_event(f"charge {charge['attempt']} opened by the phone")
        return charge

    def _open(self, payment: codes.Payment) -> sa.RowMapping:
        try:
            money.exponent(payment.currency)
        except money.UnknownCurrency:
            raise codes.BadCode("the currency is not known") from None
        return self._store.open(payment)

    def charge(self, payment: codes.Payment) -> sa.RowMapping:
        """The charge of a payment, made if there is none; raises BadCode."""
        return self._open(payment)

    def settle(self, attempt: str, state: str, transaction: str = "", reason: str = "") -> bool:
        """End a charge; False if it has ended before."""
        if not self._store.settle(attempt, state, transaction, reason):
            return False
        why = ": the display gave it up" if state == "closed" else f" {reason}".rstrip()
        self._on_event(f"charge {attempt} {state}{why}")
        return True

    def answer(self, question: object, of: str | None = None) -> Answer:
        """The answer to a display's signed question; raises BadCode. of: the display that must have
        put it, where that is known from elsewhere."""
        payment, verb = codes.query_verb(question, self._devices)
        if of not in (None, payment.device):
            raise codes.BadCode(f"the question is of {payment.device}")
        charge = self._open(payment)
        if verb == "close":
            self.settle(payment.attempt, "closed")
            charge = self._charge(payment.attempt)
        if charge["state"] != "open":
            return Answer("receipt", self.receipt(payment.attempt))
        if verb == "open":
            return Answer("charge", self._made(charge))
        return Answer("open", {"attempt": payment.attempt, "state": "open"})

    def _made(self, charge: sa.RowMapping) -> dict:
        """The signed code of a charge; asked again, the text is the same."""
        payment = _payment(charge)
        text = charge["text"]
        if not text:
            text = self._make_text(payment)
            if not provider.is_right(text):
                raise ValueError(f"the provider made a text that no display may have: {text!r}")
            self._store.set_text(payment.attempt, text)
            self._on_event(f"charge {payment.attempt} made for the display: {text}")
        device = self._devices[payment.device]
        return receipts.sign_charge(payment, device, text, self._number(device, payment))

    def receipt(self, attempt: str) -> dict:
        """The signed receipt of a charge that has ended."""
        charge = self._charge(attempt)
        payment = _payment(charge)
        device = self._devices[payment.device]
        said = (charge["state"], charge["transaction"], charge["reason"])
        return receipts.sign(payment, device, *said, number=self._number(device, payment))

    def _number(self, device: codes.Device, payment: codes.Payment) -> int:
        """Of the key to sign with."""
        if self.sign_with == "previous" and device.previous:
            return device.previous[0]
        if self.sign_with == "code" and device.key_of(payment.key_number) is not None:
            return payment.key_number
        return device.key_number

    def _charge(self, attempt: str) -> sa.RowMapping:
        charge = self._store.get(attempt)
        assert charge is not None
        return charge


def _payment(charge: sa.RowMapping) -> codes.Payment:
    return codes.Payment(**{name: charge[name] for name in codes.Payment.__dataclass_fields__})
