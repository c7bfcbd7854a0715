"""The tunnel between a card and the backend: both sides' words on a tap, signed (PROTOCOL.md, 14).

Pure. It knows nothing of what it carries, and keeps none of it.
"""

import binascii

from micropython import const

from tillqr.sale import mac

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.sale.attempts import Attempt

MAX_COMMAND = const(261)
"""Bytes of a command APDU at most (ISO 7816-4: 4 of header, 1, 255 of data, 1)."""
MAX_ANSWER = const(512)
"""Bytes of what a card says at most."""
_STEPS = const(100)
_LABEL = b"tillqr tap"
_DISPLAY = mac.prefixed(b"display")
_BACKEND = mac.prefixed(b"backend")
_VERBS = ("apdu", "wait", "again")


class Broken(Exception):
    """The backend's words don't count: they are malformed, forged, or of another step."""


class Tunnel:
    """One tap: each word of the display is a step, and each answer is of the step before it."""

    def __init__(self, attempt: "Attempt", tap: str, code: str, keys: "list[mac.Key]") -> None:
        """tap: 8 hex digits that no other tap has; code: the attempt's, by which the backend knows
        it (PROTOCOL.md, 7); keys: the device's, the present one first."""
        self._attempt = attempt.nonce
        self._tap = tap
        self._names = mac.prefixed(attempt.nonce.encode()) + mac.prefixed(tap.encode())
        self._code = code
        self._keys = keys
        self._step = 0

    def say(self, verb: str, data: bytes) -> dict:
        """The display's word on this step; verb: "emv", "ndef", "answer" or "gone"."""
        key = self._keys[0]
        word = {
            "attempt": self._attempt,
            "tap": self._tap,
            "step": self._step,
            "verb": verb,
            "data": binascii.b2a_base64(data).decode().strip(),
            "key": key.number,
            "mac": key.mac(self._signed(_DISPLAY, key, verb, data)).hex(),
        }
        if self._step == 0:
            word["code"] = self._code
        return word

    def take(self, word: dict) -> "tuple[str, bytes]":
        """The backend's verb and data: "apdu" and a command, "wait", or "again" and the reason;
        the next step begins. Raises Broken, and this step goes on."""
        try:
            names = (word["attempt"], word["tap"], word["step"])
            verb, key = word["verb"], mac.find(self._keys, word["key"])
            data = binascii.a2b_base64(word["data"])
            given = bytes.fromhex(word["mac"])
        except (KeyError, TypeError, ValueError):
            raise Broken("malformed") from None
        if verb not in _VERBS or len(data) > MAX_COMMAND or self._step == _STEPS:
            raise Broken("malformed")
        if type(word["step"]) is not int or type(word["key"]) is not int:
            raise Broken("malformed")
        if len(word["mac"]) != 2 * mac.SIZE:  # some pass over what is no digit
            raise Broken("malformed")
        if names != (self._attempt, self._tap, self._step):
            raise Broken("stale")
        if key is None or not key.verifies(self._signed(_BACKEND, key, verb, data), given):
            raise Broken("bad_mac")
        self._step += 1
        return verb, data

    def _signed(self, side: bytes, key: mac.Key, verb: str, data: bytes) -> bytearray:
        """The bytes under a MAC."""
        out = bytearray(_LABEL)  # in place: each copy would bring the next collection nearer
        out.append(key.number)
        out.append(self._step)
        out.extend(side)
        out.extend(self._names)
        out.extend(mac.prefixed(verb.encode()))
        out.extend(len(data).to_bytes(2, "big"))
        out.extend(data)
        return out
