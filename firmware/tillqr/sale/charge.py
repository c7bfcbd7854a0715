"""Charges that the backend makes: the text of a code, in its signed word (PROTOCOL.md, 8.1).

It is loaded to judge one (by_charge.py).
"""

from micropython import const

from tillqr.sale import mac

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.attempts import Attempt

VERSION = const(1)
MAX_TEXT = const(512)


class Charges:
    """Judges the charges of one device."""

    def __init__(self, device: str, keys: "list[mac.Key]") -> None:
        """keys: those under which a charge may be signed."""
        self._device = device
        self._keys = keys

    def holds(self, word: dict, attempt: "Attempt") -> bool:
        """Whether a charge is of this device and attempt, and its MAC verifies.

        Amount and currency under the MAC are the attempt's own.
        """
        text, digits, number = _text(word), word.get("mac"), word.get("key")
        if type(word.get("version")) is not int or type(number) is not int or not text:
            return False
        if word["version"] != VERSION or word.get("device") != self._device:
            return False
        if type(digits) is not str or len(digits) != 2 * mac.SIZE:
            return False
        try:
            given = bytes.fromhex(digits)
        except ValueError:
            return False
        key = mac.find(self._keys, number)
        return key is not None and key.verifies(_signed(text, attempt, self._device, key), given)


def _signed(text: str, attempt: "Attempt", device: str, key: mac.Key) -> bytes:
    """The bytes under the MAC."""
    out = b"tillqr charge" + bytes((VERSION, key.number))
    for name in (device, attempt.nonce):
        out += mac.prefixed(name.encode())
    out += attempt.amount.to_bytes(8, "big") + mac.prefixed(attempt.currency.encode())
    return out + len(text).to_bytes(2, "big") + text.encode()


def _text(word: dict) -> str:
    """What the code is to say: printable ASCII, not too long, else ""."""
    text = word.get("text")
    if type(text) is not str or len(text) > MAX_TEXT:
        return ""
    return text if all(32 <= byte < 127 for byte in text.encode()) else ""
