"""The backend of the fleet, and its customers: the simulator's gateway, each of whose charges is
paid once. It keeps account of what each board must have heard."""

import json
import time
from collections import Counter
from dataclasses import dataclass

from tillqr.sale.attempts import Attempt

from host_sim.gateway.app import Gateway
from host_sim.gateway.broker import Login
from host_sim.gateway.codes import Device

_PUSHED = "pushed"
"""A field more in what is pushed, which a display ignores; what answers a question lacks it."""


@dataclass
class Payment:
    """One result, from the backend to its board."""

    phase: str
    transaction: str
    paid_at: float
    taken: bool = False
    """The broker has acknowledged it."""
    accepted_at: float = 0.0
    times: int = 0
    """How often the board has accepted it."""
    asked: bool = False
    """It came as the answer to a question, though the broker had taken what was pushed."""


class Shop:
    """The backend, and everybody who pays."""

    def __init__(self, devices: list[Device], login: Login) -> None:
        self._gateway = Gateway(devices, "sqlite://", broker=login)
        assert self._gateway.link
        self._link = self._gateway.link
        self.payments: dict[str, Payment] = {}
        """By their attempts."""
        self.faults: Counter[str] = Counter()
        """What boards have accepted that is not what was paid."""

    def start(self) -> None:
        """Connect to the broker."""
        self._link.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._link.stop()
        self._gateway.store.close()

    @property
    def connected(self) -> bool:
        """Whether there is a session with the broker."""
        return self._link.connected

    def scan(self, code: str) -> None:
        """A customer's phone opens a code."""
        self._gateway.ledger.open_code(code)

    def pay(self, device: str, attempt: str, phase: str) -> None:
        """The customer pays; the result is on its way."""
        payment = Payment(phase, f"T{len(self.payments)}", time.monotonic())
        self.payments[attempt] = payment
        self._gateway.ledger.settle(attempt, "paid", payment.transaction)
        word = {**self._gateway.ledger.receipt(attempt), _PUSHED: True}
        self._link.send(device, "result", word, lambda: setattr(payment, "taken", True))

    def accepted(self, attempt: Attempt, body: bytes) -> None:
        """A board has accepted a result."""
        payment = self.payments.get(attempt.nonce)
        if payment is None or attempt.transaction != payment.transaction:
            self.faults["a result that nobody paid"] += 1
            return
        payment.times += 1
        payment.accepted_at = time.monotonic()
        payment.asked = payment.taken and _PUSHED not in json.loads(body)
