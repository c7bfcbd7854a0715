"""Receipts, charges, words on a tap and their MACs, written from PROTOCOL.md (6, 8.1, 14) alone;
each part may be got wrong."""

import hmac
from typing import Any

Receipt = dict[str, Any]
"""A receipt as the JSON object that travels."""
FIELDS = (
    *("version", "device", "register", "order", "attempt", "amount", "currency"),
    *("state", "transaction", "reason", "key", "mac"),
)
BEFORE_AMOUNT = ("device", "register", "order", "attempt")
AFTER_AMOUNT = ("currency", "state", "transaction", "reason")
LABEL = b"tillqr receipt"
CHARGE_FIELDS = ("version", "device", "attempt", "text", "key", "mac")
CHARGE_LABEL = b"tillqr charge"
TAP_FIELDS = ("attempt", "tap", "step", "verb", "data", "key", "mac")
TAP_LABEL = b"tillqr tap"


def prefixed(text: str) -> bytes:
    """s(x): one byte with the length of x in UTF-8, then x."""
    data = octets(text)
    return bytes((len(data) & 0xFF,)) + data


def octets(text: str) -> bytes:
    """UTF-8, of lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def encoded(receipt: Receipt, label: bytes = LABEL, sizes: bool = True) -> bytes:
    """The bytes under the MAC; sizes: whether each text has its length before it."""
    write = prefixed if sizes else octets
    out = label + bytes((receipt["version"] & 0xFF, receipt["key"] & 0xFF))
    out += b"".join(write(receipt[name]) for name in BEFORE_AMOUNT)
    out += (receipt["amount"] & (1 << 64) - 1).to_bytes(8, "big")
    return out + b"".join(write(receipt[name]) for name in AFTER_AMOUNT)


def mac(receipt: Receipt, key: bytes) -> bytes:
    """The MAC that a receipt must carry."""
    return hmac.digest(key, encoded(receipt), "sha256")


def sign(receipt: Receipt, key: bytes) -> Receipt:
    """The receipt with its MAC."""
    return {**receipt, "mac": mac(receipt, key).hex()}


def charge_encoded(charge: Receipt, attempt: Receipt, label: bytes = CHARGE_LABEL) -> bytes:
    """The bytes under the MAC of a charge; attempt: what it is of."""
    text = octets(charge["text"])
    out = label + bytes((charge["version"] & 0xFF, charge["key"] & 0xFF))
    out += prefixed(charge["device"]) + prefixed(attempt["attempt"])
    out += (attempt["amount"] & (1 << 64) - 1).to_bytes(8, "big") + prefixed(attempt["currency"])
    return out + len(text).to_bytes(2, "big") + text


def tap_encoded(
    word: Receipt, data: bytes, side: str = "backend", label: bytes = TAP_LABEL
) -> bytes:
    """The bytes under the MAC of a word on a tap, which carries data."""
    out = label + bytes((word["key"] & 0xFF, word["step"] & 0xFF))
    out += b"".join(map(prefixed, (side, word["attempt"], word["tap"], word["verb"])))
    return out + len(data).to_bytes(2, "big") + data


def sign_bytes(data: bytes, key: bytes) -> str:
    """The MAC of any bytes, as it travels."""
    return hmac.digest(key, data, "sha256").hex()
