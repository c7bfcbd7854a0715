"""Receipts as the backend signs them (PROTOCOL.md, 6), written from the text alone."""

import hmac

from host_sim.gateway.codes import Device, Payment

_SIGNED = ("device", "register", "order", "attempt", "amount", "currency", "state", "transaction")


def sign(
    payment: Payment, device: Device, state: str, transaction: str = "", reason: str = ""
) -> dict:
    """The signed receipt, as the JSON object that travels."""
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
        "key": device.key_number,
    }
    receipt["mac"] = hmac.digest(device.key, encoded(receipt), "sha256").hex()
    return receipt


def encoded(receipt: dict) -> bytes:
    """The bytes under a receipt's MAC."""
    out = b"tillqr receipt" + bytes((receipt["version"], receipt["key"]))
    for name in (*_SIGNED, "reason"):
        value = receipt[name]
        if isinstance(value, int):
            out += value.to_bytes(8, "big")
        else:
            out += bytes((len(value.encode()),)) + value.encode()
    return out
