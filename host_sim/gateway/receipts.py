"""What the backend signs, receipts and charges' codes (PROTOCOL.md, 6 and 8.1), written from the
text alone."""

import hmac

from host_sim.gateway.codes import Device, Payment

_SIGNED = ("device", "register", "order", "attempt", "amount", "currency", "state", "transaction")


def sign(
    payment: Payment,
    device: Device,
    state: str,
    transaction: str = "",
    reason: str = "",
    number: int | None = None,
) -> dict:
    """The signed receipt, as the JSON object that travels; number: of the key to sign with,
    instead of the display's present one."""
    number, key = _key(device, number)
    receipt: dict = {
        "version": 1,
        "device": payment.device,
        "register": payment.register,
        "order": payment.order,
        "attempt": payment.attempt,
        "amount": payment.amount,
        "currency": payment.currency,
        "state": state,
        "transaction": transaction,
        "reason": reason,
        "key": number,
    }
    receipt["mac"] = hmac.digest(key, encoded(receipt), "sha256").hex()
    return receipt


def encoded(receipt: dict) -> bytes:
    """The bytes under a receipt's MAC."""
    out = b"tillqr receipt" + bytes((receipt["version"], receipt["key"]))
    for name in (*_SIGNED, "reason"):
        value = receipt[name]
        out += value.to_bytes(8, "big") if isinstance(value, int) else _text(value)
    return out


def sign_charge(payment: Payment, device: Device, text: str, number: int | None = None) -> dict:
    """The signed code of a charge that was made here; number: as in `sign`."""
    number, key = _key(device, number)
    charge = {
        "version": 1,
        "device": payment.device,
        "attempt": payment.attempt,
        "text": text,
        "key": number,
    }
    signed = b"tillqr charge" + bytes((1, number)) + _text(payment.device) + _text(payment.attempt)
    signed += payment.amount.to_bytes(8, "big") + _text(payment.currency)
    signed += len(text).to_bytes(2, "big") + text.encode("ascii")
    return {**charge, "mac": hmac.digest(key, signed, "sha256").hex()}


def _key(device: Device, number: int | None) -> tuple[int, bytes]:
    number = device.key_number if number is None else number
    key = device.key_of(number)
    if key is None:
        raise ValueError(f"{device.name} has no key {number}")
    return number, key


def _text(value: str) -> bytes:
    return bytes((len(value.encode()),)) + value.encode()
