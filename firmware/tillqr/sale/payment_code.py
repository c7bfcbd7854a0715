"""The payment code: what the URL in the QR code says, which carries a payment to the backend.

It packs the payment, the display's own communication data and a MAC into binary fields
(PROTOCOL.md, 7), and those into base32 (RFC 4648, section 6, without padding): the alphabet is
a subset of QR's alphanumeric mode, and no character of it needs escaping in a URL.
"""

from micropython import const

from tillqr.sale import mac

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.sale.attempts import Attempt

VERSION = const(1)
_WITH_TOKEN = const(2)
_TOKEN = const(8)
MAC_SIZE = const(10)
"""Bytes of the truncated MAC: 80 bits, the least that RFC 2104 (section 5) allows of SHA-256."""
_FIXED = const(38)
"""Bytes of all that is always there, with the four names' lengths."""
_LABEL = b"tillqr code"
_QUERY_LABEL = b"tillqr query"
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Sender:
    """A display's own communication data, as it stands in each of its codes."""

    shop_size = 20
    """Bytes of the shop's name that fit the code; the backend knows the whole name."""

    def __init__(
        self,
        device: str,
        serial: bytes,
        shop: str,
        key: mac.Key,
        step: "Callable[[], int] | None" = None,
    ) -> None:
        """device: at most 12 ASCII characters; serial: 6 bytes of the chip's unique id; step: the
        number of the time step, for codes with a token, None for codes that don't change."""
        self.device = device
        self.serial = serial
        self.shop = shop
        self.key = key
        self._step = step

    def code(
        self, attempt: "Attempt", address: "tuple[str, int]", shop_size: int = shop_size
    ) -> str:
        """The base32 code of an attempt; address: IPv4 and port where results are taken;
        shop_size: bytes that the shop's name may take."""
        data = self._packed(attempt, address, shop_size)
        return base32(data + self.key.mac(_LABEL + data)[:MAC_SIZE])

    def length(self, order: str, register: str, shop_size: int = shop_size) -> int:
        """How many characters the code of such an attempt has."""
        names = len(self.device) + len(order) + len(register)
        names += _TOKEN if self._step else 0
        size = _FIXED + names + len(_cut(self.shop.encode(), shop_size)) + MAC_SIZE
        return (8 * size + 4) // 5

    def query(self, code: str, verb: str) -> dict:
        """The signed question about a code; verb: "ask", "close" or "open" (PROTOCOL.md, 8)."""
        signed = _QUERY_LABEL + verb.encode() + code.encode()
        return {"code": code, "verb": verb, "mac": self.key.mac(signed).hex()}

    def _packed(self, attempt: "Attempt", address: "tuple[str, int]", shop_size: int) -> bytes:
        host, port = address
        secret = token(self.key, self._step()) if self._step else ""
        return b"".join(
            (
                bytes((_WITH_TOKEN if secret else VERSION, self.key.number)),
                mac.prefixed(self.device.encode()),
                self.serial,
                bytes(int(part) for part in host.split(".")),
                port.to_bytes(2, "big"),
                attempt.amount.to_bytes(5, "big"),
                attempt.currency.encode(),
                mac.prefixed(attempt.register.encode()),
                mac.prefixed(attempt.order.encode()),
                bytes.fromhex(attempt.nonce),
                mac.prefixed(_cut(self.shop.encode(), shop_size)),
                secret.encode(),
            )
        )


def token(key: mac.Key, step: int) -> str:
    """The 8 characters of a time step (PROTOCOL.md, 7.1; OCPP 2.1, C25)."""
    digest = key.mac(step.to_bytes(8, "big"))
    start = digest[-1] & 15
    return "".join(_LETTERS[byte % 62] for byte in digest[start : start + _TOKEN])


def _cut(data: bytes, size: int) -> bytes:
    """The first `size` bytes at most, never half a UTF-8 character."""
    if len(data) > size:
        while data[size] & 0xC0 == 0x80:
            size -= 1
    return data[:size]


def base32(data: bytes) -> str:
    """RFC 4648 base32 without padding."""
    out = bytearray((8 * len(data) + 4) // 5)
    value = bits = at = 0
    for byte in data:
        value = (value << 8 | byte) & 0xFFF
        bits += 8
        while bits >= 5:
            bits -= 5
            out[at] = _ALPHABET[(value >> bits) & 31]
            at += 1
    if bits:
        out[at] = _ALPHABET[(value << (5 - bits)) & 31]
    return out.decode()
