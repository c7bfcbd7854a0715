"""Payment codes as the backend reads them (PROTOCOL.md, 7), written from the text alone."""

import base64
import hmac
import ipaddress
from dataclasses import dataclass

_MAC_SIZE = 10
_SHORTEST = 2 + 2 + 6 + 4 + 2 + 5 + 3 + 2 + 2 + 12 + 1 + _MAC_SIZE


class BadCode(ValueError):
    """A code that is refused; the text says why."""


@dataclass(frozen=True)
class Device:
    """A display that the backend knows: its key and the number that names the key."""

    name: str
    key: bytes
    key_number: int = 1


@dataclass(frozen=True)
class Payment:
    """What a code carries."""

    device: str
    serial: str
    address: str
    port: int
    amount: int
    currency: str
    register: str
    order: str
    attempt: str
    shop: str


class _Fields:
    """Takes fields off the front of a packed code."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        field = self._data[self._at : self._at + size]
        if len(field) != size:
            raise BadCode("the code is too short")
        self._at += size
        return field

    def text(self) -> str:
        try:
            return self.take(self.take(1)[0]).decode()
        except UnicodeDecodeError:
            raise BadCode("the code holds no UTF-8") from None

    def end(self) -> None:
        if self._at != len(self._data):
            raise BadCode("the code is too long")


def read(code: str, devices: dict[str, Device]) -> Payment:
    """The payment in a code whose MAC verifies under its device's key; raises BadCode."""
    data = _unpacked(code)
    fields = _Fields(data[:-_MAC_SIZE])
    version, key_number = fields.take(2)
    if version != 1:
        raise BadCode(f"the code has version {version}, not 1")
    device = devices.get(fields.text())
    if device is None or device.key_number != key_number:
        raise BadCode("the code is of a display that is not known")
    expected = hmac.digest(device.key, b"tillqr code" + data[:-_MAC_SIZE], "sha256")
    if not hmac.compare_digest(expected[:_MAC_SIZE], data[-_MAC_SIZE:]):
        raise BadCode("the code was tampered with")
    payment = Payment(
        device=device.name,
        serial=fields.take(6).hex(),
        address=str(ipaddress.IPv4Address(fields.take(4))),
        port=int.from_bytes(fields.take(2), "big"),
        amount=int.from_bytes(fields.take(5), "big"),
        currency=fields.take(3).decode("ascii", "replace"),
        register=fields.text(),
        order=fields.text(),
        attempt=fields.take(12).hex(),
        shop=fields.text(),
    )
    fields.end()
    return payment


def _unpacked(code: str) -> bytes:
    try:
        data = base64.b32decode(code + "=" * (-len(code) % 8))
    except ValueError:
        raise BadCode("the code is no base32") from None
    if len(data) < _SHORTEST:
        raise BadCode("the code is too short")
    return data


def query_verb(question: object, devices: dict[str, Device]) -> tuple[Payment, str]:
    """The payment and the verb ("ask" or "close") of a signed question; raises BadCode."""
    if not isinstance(question, dict):
        raise BadCode("the question is no object")
    code, verb, mac = (question.get(name) for name in ("code", "verb", "mac"))
    if not isinstance(code, str) or not isinstance(mac, str) or verb not in ("ask", "close"):
        raise BadCode("the question lacks a field")
    payment = read(code, devices)
    signed = b"tillqr query" + verb.encode() + code.encode()
    expected = hmac.digest(devices[payment.device].key, signed, "sha256").hex()
    if not hmac.compare_digest(expected.encode(), mac.encode()):
        raise BadCode("the question was tampered with")
    return payment, verb
