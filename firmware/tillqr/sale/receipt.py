"""Receipts: the backend's signed word on what became of an attempt (PROTOCOL.md, 6).

A receipt counts only if its MAC verifies under this device's key and it names this device, the
attempt's nonce, and the register, order, amount and currency of that attempt. No clock is asked.
Whatever is wrong is a Rejected with a name; nothing else happens.
"""

from micropython import const

from tillqr import strict_json
from tillqr.sale import mac, money

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
)
"""Why a charge failed."""

NONCE_SIZE = const(12)
"""Bytes of an attempt's nonce; receipts and messages carry it as lower-case hex."""

_TEXTS = (
    ("device", 1, 12),
    ("register", 1, 8),
    ("order", 1, 20),
    ("attempt", 2 * NONCE_SIZE, 2 * NONCE_SIZE),
    ("currency", 3, 3),
    ("state", 1, 8),
    ("transaction", 0, 40),
    ("reason", 0, 24),
)


class Rejected(Exception):
    """A receipt that doesn't count; `name` says why, and is the counter it raises."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Receipt:
    """A receipt whose form is right; `authentic` tells whether its MAC is."""

    def __init__(self, fields: dict) -> None:
        self.device: str = fields["device"]
        self.register: str = fields["register"]
        self.order: str = fields["order"]
        self.attempt: str = fields["attempt"]
        self.amount: int = fields["amount"]
        self.currency: str = fields["currency"]
        self.state: str = fields["state"]
        self.transaction: str = fields["transaction"]
        self.reason: str = fields["reason"]
        self.key: int = fields["key"]
        self.mac: bytes = fields["mac"]

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
        fields = strict_json.parse(body)
        if _well_formed(fields):
            fields["mac"] = bytes.fromhex(fields["mac"])
            return Receipt(fields)
    except ValueError:  # no UTF-8, no JSON, no hex
        pass
    raise Rejected("receipt_malformed")


def _well_formed(fields: dict) -> bool:
    for name, low, high in _TEXTS:
        value = fields.get(name)
        if type(value) is not str or not strict_json.is_text(value, low, high):
            return False
    if type(fields.get("mac")) is not str or len(fields["mac"]) != 2 * mac.SIZE:
        return False
    if type(fields.get("key")) is not int or not 0 <= fields["key"] <= 255:
        return False
    if fields.get("version") != VERSION or type(fields["version"]) is not int:
        return False
    return fields["state"] in STATES and money.is_amount(fields.get("amount"))
