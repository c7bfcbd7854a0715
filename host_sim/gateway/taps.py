"""The backend's end of the tunnel to a card (PROTOCOL.md, 14), written from the text alone.

A tap pays the charge of its attempt, which ends once and for good: whatever else pays it, a phone
or a second tap, one of both comes too late and is cancelled here. Nothing of a card outlives a tap.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from host_sim.gateway import codes
from host_sim.gateway.kernel import Kernel
from host_sim.gateway.ledger import Answer, Ledger
from host_sim.gateway.sun import SunCards
from host_sim.gateway.verdict import Apdu, Step, Verdict

_BEGINNINGS = ("emv", "ndef")
_VERBS = (*_BEGINNINGS, "answer", "gone")
_MOST_STEPS = 100
_MOST_DATA = 512
_MOST_TAPS = 1000
_NAME = 8


@dataclass
class _Tap:
    """One tap under way."""

    payment: codes.Payment
    name: str
    step: int = 0
    kernel: Kernel | None = None
    said: Answer | None = None
    """What was answered last: a word that is repeated gets the same."""
    heard: str = field(default="", repr=False)
    """The MAC of the word that it answers."""


class Taps:
    """The taps at a set of displays."""

    def __init__(
        self,
        devices: dict[str, codes.Device],
        ledger: Ledger,
        cards: SunCards | None,
        now: Callable[[], float],
        on_event: Callable[[str], None],
    ) -> None:
        self._devices = devices
        self._ledger = ledger
        self._cards = cards
        self._now = now
        self._on_event = on_event
        self._taps: dict[str, _Tap] = {}

    def answer(self, word: dict, of: str | None = None) -> Answer:
        """The answer to a display's word; raises BadCode. of: the display that must have said it,
        where that is known from elsewhere."""
        attempt, name, step, verb, data, mac = _parts(word)
        tap = self._taps.get(attempt)
        if tap is None or tap.name != name:
            tap = self._begun(word, name)
        payment = tap.payment
        if payment.attempt != attempt or of not in (None, payment.device):
            raise codes.BadCode("the tap is of another display or attempt")
        self._verify(payment, word, verb, data, mac)
        if tap.said is not None and tap.heard == mac:
            return tap.said
        if step != tap.step or (verb in _BEGINNINGS) != (step == 0):
            raise codes.BadCode(f"step {step} of the tap is not expected")
        self._taps[attempt] = tap
        while len(self._taps) > _MOST_TAPS:
            self._taps.pop(next(iter(self._taps)))
        tap.said, tap.heard = self._carry_on(tap, verb, data, step), mac
        tap.step = step + 1
        return tap.said

    def _begun(self, word: dict, name: str) -> _Tap:
        """A new tap, by its first word."""
        code = word.get("code")
        if not isinstance(code, str):
            raise codes.BadCode("there is no such tap")
        return _Tap(codes.read(code, self._devices), name)

    def _verify(self, payment: codes.Payment, word: dict, verb: str, data: bytes, mac: str) -> None:
        key = self._devices[payment.device].key_of(word["key"])
        if key is None:
            raise codes.BadCode("the tap is signed with a key that is not known")
        names = ("display", payment.attempt, word["tap"], verb)
        expected = _mac(key, word["key"], word["step"], names, data)
        if not hmac.compare_digest(expected, mac):
            raise codes.BadCode("the tap was tampered with")

    def _carry_on(self, tap: _Tap, verb: str, data: bytes, step: int) -> Answer:
        """What comes of a word."""
        charge = self._ledger.charge(tap.payment)
        if charge["state"] != "open":
            self._on_event(f"tap at {charge['attempt']} is cancelled: it is {charge['state']}")
            return Answer("receipt", self._ledger.receipt(charge["attempt"]))
        if verb == "ndef":
            return self._settle(tap, self._checked(tap.payment, data), step)
        if verb == "gone":
            return self._say(tap, step, "again", b"card_gone")
        if verb == "emv":
            tap.kernel = Kernel(tap.payment.amount, tap.payment.currency, self._now())
            came: Step = tap.kernel.start(data)
        elif tap.kernel is None:
            raise codes.BadCode("the card was asked nothing")
        else:
            came = tap.kernel.next(data)
        if isinstance(came, Apdu):
            return self._say(tap, step, "apdu", came.command)
        return self._settle(tap, came, step)

    def _checked(self, payment: codes.Payment, url: bytes) -> Verdict:
        """What a card of the shop's own is good for."""
        if self._cards is None:
            return Verdict("declined", "card_unknown")
        return self._cards.check(url, payment.amount, payment.currency)

    def _settle(self, tap: _Tap, verdict: Verdict, step: int) -> Answer:
        """End the charge by a card's verdict, or have the card held again."""
        attempt = tap.payment.attempt
        tap.kernel = None
        if verdict.state == "again":
            return self._say(tap, step, "again", verdict.reason.encode())
        approved = verdict.state == "approved"
        state, reason = ("paid", "") if approved else ("failed", verdict.reason)
        transaction = "C" + attempt[:15] if approved else ""
        if not self._ledger.settle(attempt, state, transaction, reason):
            self._on_event(f"tap at {attempt} is cancelled: another was faster")
            if verdict.card and self._cards is not None:
                self._cards.give_back(verdict.card, tap.payment.amount)
        return Answer("receipt", self._ledger.receipt(attempt))

    def _say(self, tap: _Tap, step: int, verb: str, data: bytes) -> Answer:
        """The backend's signed word."""
        device = self._devices[tap.payment.device]
        number = tap.payment.key_number
        key = device.key_of(number)
        assert key is not None
        names = ("backend", tap.payment.attempt, tap.name, verb)
        content = {
            "attempt": tap.payment.attempt,
            "tap": tap.name,
            "step": step,
            "verb": verb,
            "data": base64.b64encode(data).decode(),
            "key": number,
            "mac": _mac(key, number, step, names, data),
        }
        return Answer("tap", content)


def _parts(word: dict) -> tuple[str, str, int, str, bytes, str]:
    """Attempt, the tap's name, step, verb, data and MAC; raises BadCode."""
    names = ("attempt", "tap", "verb", "data", "mac")
    texts = [word.get(name) for name in names]
    step, number = word.get("step"), word.get("key")
    right = all(isinstance(text, str) for text in texts) and type(number) is int
    if not right or type(step) is not int or not 0 <= step <= _MOST_STEPS:
        raise codes.BadCode("the tap lacks a field")
    attempt, tap, verb, text, mac = map(str, texts)
    if verb not in _VERBS or len(tap) != _NAME:
        raise codes.BadCode("the tap has a field that is wrong")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise codes.BadCode("the tap's data is no base64") from None
    if len(data) > _MOST_DATA:
        raise codes.BadCode("the tap's data is too long")
    return attempt, tap, step, verb, data, mac


def _mac(key: bytes, number: int, step: int, names: tuple[str, ...], data: bytes) -> str:
    """The MAC of a word, in hex; names: side, attempt, tap and verb."""
    signed = b"tillqr tap" + bytes((number, step))
    for name in names:
        signed += bytes((len(name),)) + name.encode()
    signed += len(data).to_bytes(2, "big") + data
    return hmac.digest(key, signed, "sha256").hex()
