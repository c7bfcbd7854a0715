"""The sales that are tried: which service fails, at which moment, on which road, how it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from tools.outages.faults import FAULTS, Fault
from tools.outages.site import Kind

STEPS = ("idle", "cart", "code", "page", "pay", "at-pay", "after-pay", "result")
"""The moments of a sale: nothing is on, a list, the code; the customer has opened the page, is
about to pay, pays (nobody has the result yet), has paid (the board has not said that it has it);
the register has the result."""
_EARLY = ("code", "page", "pay", "at-pay")
_BACKEND = ("stopped", "errors", "garbage", "silent", "slow-4", "slow-8")
_QUICK_EXPIRY = 5
_UNTIL_QUESTION = 13.2
"""Seconds that a code is shown before its first question, and a little less."""


@dataclass(frozen=True)
class Case:
    """One sale with one outage."""

    road: str
    fault_name: str
    step: str
    """One of STEPS, or "request" (before PAY), "cancel", "expiry" (just before time is up)."""
    end: str = "paid"
    """What becomes of it: "paid", "declined", "cancelled" (by the register), "late" (that, after
    the customer has paid unheard), "expired", or "paid-late" (when time is up already)."""
    charges: str = "display"
    shown: float = 0.0
    """Seconds that the code is shown before anything happens."""

    @property
    def fault(self) -> Fault:
        """What fails."""
        return FAULTS[self.fault_name]

    @property
    def kind(self) -> Kind:
        """The site that it needs."""
        quick = self.end in ("expired", "paid-late")
        return Kind(self.road, self.fault.proxied, self.charges, _QUICK_EXPIRY if quick else 120)

    @property
    def name(self) -> str:
        """All of it in a word."""
        made = "-made" if self.charges == "backend" else ""
        return f"{self.road}{made}:{self.fault_name}:{self.step}:{self.end}"


def all_cases() -> list[Case]:
    """Every case of the campaign."""
    groups = (_over_mqtt, _over_mqtts, _over_http, _by_question, _expiries, _cancels, _made)
    return [case for group in groups for case in group()]


def _over_mqtt() -> Iterator[Case]:
    for fault in ("broker-killed", "broker-empty", "cut", "frozen", "dead", "wifi"):
        for step in STEPS:
            yield Case("mqtt", fault, step)
    for fault, step in (("broker-killed", "code"), ("broker-empty", "at-pay"), ("cut", "at-pay")):
        yield Case("mqtt", fault, step, "declined")
    for end in ("paid", "declined"):
        yield Case("mqtt", "result-lost", "page", end)
    for fault in ("cut-in-result", "cut-before-answer", "wifi-short", "wifi-long", "refused"):
        yield Case("mqtt", fault, "pay")
    for step in ("cart", "code", "at-pay"):
        yield Case("mqtt", "broker-long", step)
    for step in ("code", "at-pay"):
        yield Case("mqtt", "stopped", step)


def _over_mqtts() -> Iterator[Case]:
    for step in ("idle", "code", "at-pay", "after-pay"):
        yield Case("mqtts", "broker-killed", step)
    yield Case("mqtts", "broker-empty", "at-pay", "declined")
    yield Case("mqtts", "result-lost", "page")
    for fault, step in product(("cut", "frozen", "wifi"), ("code", "at-pay")):
        yield Case("mqtts", fault, step)


def _over_http() -> Iterator[Case]:
    for step in STEPS:
        yield Case("http", "wifi", step)
    for fault, step in product(("cut", "refused", "frozen", "dead"), ("code", "pay", "at-pay")):
        yield Case("http", fault, step)
    for fault in ("cut-in-result", "cut-before-answer"):
        yield Case("http", fault, "pay")
    for step in ("idle", "code", "at-pay", "after-pay"):
        yield Case("http", "stopped", step)


def _by_question() -> Iterator[Case]:
    """Where results are never pushed: the outage comes when the display asks."""
    for road in ("query", "https"):
        for fault in _BACKEND:
            yield Case(road, fault, "pay", shown=_UNTIL_QUESTION)
    for fault in ("cut", "frozen", "dead", "refused", "wifi"):
        yield Case("query", fault, "pay", shown=_UNTIL_QUESTION)


def _expiries() -> Iterator[Case]:
    for road, fault in product(("mqtt", "query", "https"), _BACKEND):
        yield Case(road, fault, "expiry", "expired")
    for fault in ("broker-killed", "broker-empty", "cut", "frozen", "dead", "wifi"):
        yield Case("mqtt", fault, "expiry", "expired")
        if FAULTS[fault].seconds:
            yield Case("mqtt", fault, "expiry", "paid-late")
    for fault in ("wifi", "frozen", "dead"):
        yield Case("query", fault, "expiry", "paid-late")


def _cancels() -> Iterator[Case]:
    for road, fault in product(("mqtt", "query"), _BACKEND):
        yield Case(road, fault, "cancel", "cancelled")
    for fault in ("broker-killed", "broker-empty", "broker-long", "frozen", "dead", "wifi"):
        yield Case("mqtt", fault, "cancel", "late")
    yield Case("mqtts", "broker-killed", "cancel", "late")
    for fault in ("stopped", "errors", "silent", "slow-8", "dead", "wifi-long"):
        yield Case("query", fault, "cancel", "late")


def _made() -> Iterator[Case]:
    """Charges that the backend makes."""
    for road, fault in product(("mqtt", "http"), _BACKEND):
        yield Case(road, fault, "request", charges="backend")
    for fault in ("stopped", "silent"):
        yield Case("https", fault, "request", charges="backend")
    for step in ("request", *_EARLY):
        yield Case("mqtt", "broker-killed", step, charges="backend")
    for fault, step in product(("wifi", "frozen", "dead"), ("request", "code")):
        yield Case("mqtt", fault, step, charges="backend")
