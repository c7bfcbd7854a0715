"""A card machine on a serial line (PROTOCOL.md, 13): its master is a display or a register.

Written from the text alone, but for the link, which is the firmware's. It has no card: what becomes
of a payment is what the bench says. Its memory outlives it, as a real one's does.
"""

import hmac
import secrets
import time

from tillqr.till import message
from tillqr.till.link import Link

from host_sim.gateway import receipts
from tools.register.line import Line

REQUEST = 11
_PAYMENT = (
    "device name 1 12,order name 1 20,register name 1 8,amount integer 1 9999999999,"
    "currency text 3 3,attempt name 24 24"
)
_TABLES = {
    message.HELLO: message.FIELDS[message.HELLO],
    message.PAY: _PAYMENT,
    message.CANCEL: _PAYMENT,
    message.QUERY: "order name 1 20,attempt name 24 24",
    message.ACK: "",
    message.NAK: message.FIELDS[message.NAK],
}
_AGAIN_SECONDS = 2.0


class Payment:
    """One attempt, as the machine keeps it."""

    def __init__(self, asked: dict) -> None:
        """asked: PAY's or CANCEL's fields."""
        self.asked = asked
        self.receipt: dict | None = None
        """Its signed word, once there is one."""
        self.delivered = False

    @property
    def busy(self) -> bool:
        """Whether the customer is being served."""
        return self.receipt is None


class Memory(dict[str, Payment]):
    """The attempts of a machine, by nonce: what its flash keeps."""

    @property
    def charged(self) -> list[Payment]:
        """Those whose money has moved."""
        return [one for one in self.values() if one.receipt and one.receipt["state"] == "paid"]


class CardMachine(Line):
    """A machine that is switched on."""

    PEER = "master"

    def __init__(
        self,
        port: str,
        key: bytes,
        key_number: int = 1,
        baud: int = 115200,
        memory: Memory | None = None,
    ) -> None:
        """port: the serial port that it is plugged into; key: what its receipts are signed with;
        memory: what a machine that is switched on again has. Raises RegisterError if the port
        can't be opened."""
        self._key, self._key_number = key, key_number
        self.memory = Memory() if memory is None else memory
        self.committed = False
        """Whether the payment that is under way can't be stopped any more."""
        self.refused: list[str] = []
        """Reasons of what its master refused."""
        self._again_at = 0.0
        self._sending = False
        boot, calls = secrets.token_hex(8), (self._deliver, self._settled, self._count)
        link = Link("machine", boot, baud, *calls, "register display", _TABLES)
        super().__init__(port, baud, link)
        self.start()

    # What a person does at it.

    def press_pay(self) -> None:
        """The pay key."""
        with self._changed:
            self._link.send(REQUEST, {})

    def wait_for_payment(self, seconds: float = 15) -> dict:
        """What it was asked to take, once it is; raises NoAnswer."""
        words = f"the card machine was asked for nothing in {seconds:g} s"
        return self._wait(lambda: next((one.asked for one in self._busy()), None), seconds, words)

    def approve(self) -> dict:
        """The card is charged; the receipt."""
        return self._finish("paid", transaction="M" + secrets.token_hex(4))

    def decline(self, reason: str = "declined") -> dict:
        """The card is refused; the receipt."""
        return self._finish("failed", reason=reason)

    def _finish(self, state: str, transaction: str = "", reason: str = "") -> dict:
        with self._changed:
            (payment,) = self._busy()
            return self._settle(payment, state, transaction, reason)

    def _settle(
        self, payment: Payment, state: str, transaction: str = "", reason: str = ""
    ) -> dict:
        receipt = {"version": 1, **payment.asked, "state": state, "transaction": transaction}
        receipt |= {"reason": reason, "key": self._key_number}
        receipt["mac"] = hmac.digest(self._key, receipts.encoded(receipt), "sha256").hex()
        payment.receipt, payment.delivered = receipt, False
        self.committed = False
        return receipt

    def _busy(self) -> list[Payment]:
        return [one for one in self.memory.values() if one.busy]

    # What its master says; called by the line's thread.

    def _deliver(self, kind: int, content: dict) -> None:
        if kind == message.HELLO:
            return
        payment = self.memory.get(content["attempt"])
        if kind == message.PAY:
            self._take_payment(content, payment)
        elif kind == message.CANCEL:
            self._take_cancel(content, payment)
        elif payment is None or payment.busy:
            state = "none" if payment is None else "busy"
            self._link.send(message.STATUS, {"attempt": content["attempt"], "state": state}, True)
        else:
            payment.delivered = False

    def _take_payment(self, asked: dict, known: Payment | None) -> None:
        """Begin a payment; what it knows already it does not begin again."""
        if known is not None:
            known.delivered = False
        elif any(one.busy or not one.delivered for one in self.memory.values()):
            raise message.Refusal("busy")
        else:
            self.memory[asked["attempt"]] = Payment(asked)

    def _take_cancel(self, asked: dict, known: Payment | None) -> None:
        """Stop, if that can be; an attempt that it never heard of is closed for good."""
        payment = self.memory.setdefault(asked["attempt"], known or Payment(asked))
        if not payment.busy:
            payment.delivered = False
        elif not self.committed:
            self._settle(payment, "closed")

    def _send_due(self) -> None:
        """Say what its master has not acknowledged, one after the other."""
        waiting = [one for one in self.memory.values() if one.receipt and not one.delivered]
        if waiting and not self._sending and time.monotonic() >= self._again_at:
            self._sending = self._link.send(message.RESULT, dict(waiting[0].receipt or {}))
        super()._send_due()

    def _settled(self, kind: int, content: dict, reason: str, detail: str) -> None:
        super()._settled(kind, content, reason, detail)
        if reason:
            self.refused.append(reason)
        if kind != message.RESULT:
            return
        self._sending = False
        if reason == "storage":
            self._again_at = time.monotonic() + _AGAIN_SECONDS
        else:
            self.memory[content["attempt"]].delivered = True
