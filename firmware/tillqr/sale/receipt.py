"""Receipts: the backend's signed word on what became of an attempt (PROTOCOL.md, 6).

A receipt counts only if its MAC verifies under this device's key and it names this device, the
attempt's nonce, and the register, order, amount and currency of that attempt. No clock is asked.
Whatever is wrong is a Rejected with a name; nothing else happens. Loaded for a receipt.
"""

from micropython import const

from tillqr import fields, strict_json
from tillqr.sale import mac
from tillqr.sale.rejected import Rejected

VERSION = const(1)
MAX_SIZE = const(768)
"""Bytes of a receipt as JSON at most."""

STATES = ("paid", "failed", "closed")
"""paid: the money moved; failed: it did not, `reason` says why; closed: nobody paid, nobody can."""

REASONS = (
    "insufficient_funds",
    "cancelled_by_payer",
    "limit_exceeded",
    "expired",
    "declined",
    "card_expired",
    "card_unknown",
)
"""Why a charge failed."""

FIELDS = (
    "version integer 1 1,key integer 0 255,device text 1 12,register text 1 8,order text 1 20,"
    "attempt text 24 24,amount integer 1 9999999999,currency text 3 3,state text 1 8,"
    "transaction text 0 40,reason text 0 24,mac text 64 64"
)
"""What it has, as tillqr/fields.py has it."""


class Receipt:
    """A receipt whose form is right; `authentic` tells whether its MAC is."""

    def __init__(self, values: dict) -> None:
        self.device: str = values["device"]
        self.register: str = values["register"]
        self.order: str = values["order"]
        self.attempt: str = values["attempt"]
        self.amount: int = values["amount"]
        self.currency: str = values["currency"]
        self.state: str = values["state"]
        self.transaction: str = values["transaction"]
        self.reason: str = values["reason"]
        self.key: int = values["key"]
        self.mac: bytes = values["mac"]

    def encoded(self) -> bytes:
        """The bytes under the MAC (PROTOCOL.md, 6.1)."""
        out = b"tillqr receipt" + bytes((VERSION, self.key))
        for text in (self.device, self.register, self.order, self.attempt):
            out += mac.prefixed(text.encode())
        out += self.amount.to_bytes(8, "big")
        for text in (self.currency, self.state, self.transaction, self.reason):
            out += mac.prefixed(text.encode())
        return out

    def authentic(self, keys: "list[mac.Key]") -> bool:
        """Whether the MAC verifies under that of the keys which the receipt names."""
        key = mac.find(keys, self.key)
        return key is not None and key.verifies(self.encoded(), self.mac)


def parse(body: bytes) -> Receipt:
    """The receipt in a JSON body; raises Rejected("receipt_malformed") and nothing else."""
    if len(body) > MAX_SIZE:
        raise Rejected("receipt_malformed")
    try:
        values = strict_json.parse(body)
    except ValueError:  # no UTF-8, no JSON
        raise Rejected("receipt_malformed") from None
    return checked(values)


def checked(values: dict) -> Receipt:
    """The receipt of a JSON object; raises Rejected("receipt_malformed") and nothing else."""
    if not fields.first_bad(values, FIELDS) and values["state"] in STATES:
        try:
            values["mac"] = bytes.fromhex(values["mac"])
            return Receipt(values)
        except ValueError:  # no hex
            pass
    raise Rejected("receipt_malformed")
