"""Payment codes as the backend reads them (PROTOCOL.md, 7), written from the text alone."""

import base64
import hmac
import ipaddress
from dataclasses import dataclass, replace

from host_sim.gateway import tokens

_MAC_SIZE = 10
_TOKEN_SIZE = 8
_SHORTEST = 2 + 2 + 6 + 4 + 2 + 5 + 3 + 2 + 2 + 12 + 1 + _MAC_SIZE
_PLAIN, _WITH_TOKEN = 1, 2
VERBS = ("ask", "close", "open")


class BadCode(ValueError):
    """A code that is refused; the text says why."""


@dataclass(frozen=True)
class Device:
    """A display that the backend knows: its key and the number that names the key, and the key
    before that one as long as the display may still use it."""

    name: str
    key: bytes
    key_number: int = 1
    previous: tuple[int, bytes] | None = None
    """Its number and the key."""

    def key_of(self, number: int) -> bytes | None:
        """The key of a number, if it is one of this display's."""
        return dict(self._keys()).get(number)

    def all_keys(self) -> list[bytes]:
        """All its keys."""
        return [key for _, key in self._keys()]

    def _keys(self) -> list[tuple[int, bytes]]:
        before = [self.previous] if self.previous else []
        return [*before, (self.key_number, self.key)]

    def with_key(self, key: bytes, number: int) -> "Device":
        """The same display with a new key; its present one is now the one before."""
        return replace(self, key=key, key_number=number, previous=(self.key_number, self.key))


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
    key_number: int = 1
    """Of the key that the code was signed with."""


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


def read(code: str, devices: dict[str, Device], now: float | None = None) -> Payment:
    """The payment in a code whose MAC verifies under its device's key; raises BadCode.

    now: the Unix time at which the code is opened: one that changes must be of that time. Without,
    a code of any time is read.
    """
    data = _unpacked(code)
    fields = _Fields(data[:-_MAC_SIZE])
    version, key_number = fields.take(2)
    if version not in (_PLAIN, _WITH_TOKEN):
        raise BadCode(f"the code has version {version}")
    device = devices.get(fields.text())
    key = device.key_of(key_number) if device else None
    if device is None or key is None:
        raise BadCode("the code is of a display that is not known")
    expected = hmac.digest(key, b"tillqr code" + data[:-_MAC_SIZE], "sha256")
    if not hmac.compare_digest(expected[:_MAC_SIZE], data[-_MAC_SIZE:]):
        raise BadCode("the code was tampered with")
    payment = _payment(fields, device.name, key_number)
    said = fields.take(_TOKEN_SIZE).decode("latin-1") if version == _WITH_TOKEN else None
    fields.end()
    if said is not None and now is not None and not tokens.is_fresh(said, key, now):
        raise BadCode("the code has changed since; scan the one on the display")
    return payment


def _payment(fields: _Fields, device: str, key_number: int) -> Payment:
    return Payment(
        device=device,
        serial=fields.take(6).hex(),
        address=str(ipaddress.IPv4Address(fields.take(4))),
        port=int.from_bytes(fields.take(2), "big"),
        amount=int.from_bytes(fields.take(5), "big"),
        currency=fields.take(3).decode("ascii", "replace"),
        register=fields.text(),
        order=fields.text(),
        attempt=fields.take(12).hex(),
        shop=fields.text(),
        key_number=key_number,
    )


def _unpacked(code: str) -> bytes:
    try:
        data = base64.b32decode(code + "=" * (-len(code) % 8))
    except ValueError:
        raise BadCode("the code is no base32") from None
    if len(data) < _SHORTEST:
        raise BadCode("the code is too short")
    return data


def query_verb(question: object, devices: dict[str, Device]) -> tuple[Payment, str]:
    """The payment and the verb, one of VERBS, of a signed question; raises BadCode.

    After a change of keys a question may be signed with the new one about a code of the old one.
    """
    if not isinstance(question, dict):
        raise BadCode("the question is no object")
    code, verb, mac = (question.get(name) for name in ("code", "verb", "mac"))
    if not isinstance(code, str) or not isinstance(mac, str) or verb not in VERBS:
        raise BadCode("the question lacks a field")
    payment = read(code, devices)
    signed = b"tillqr query" + verb.encode() + code.encode()
    expected = [
        hmac.digest(key, signed, "sha256").hex() for key in devices[payment.device].all_keys()
    ]
    if not any(hmac.compare_digest(one.encode(), mac.encode()) for one in expected):
        raise BadCode("the question was tampered with")
    return payment, verb
