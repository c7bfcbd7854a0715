"""Which bodies must count, which must not, and which may: told without any code of the firmware.

A body is read twice: as JSON is (RFC 8259), and as the chip's parser takes it (lax.py). If both
readings are a receipt that counts by PROTOCOL.md, 6, a charge by 8.1, or a word on a tap by 14, the
body is genuine and must be accepted. If neither is, it is forged. If the readings differ, the body
is unclear: it says, if anything, what the backend has signed, so it may be accepted or not. That is
one flipped bit that makes of the last `}` a `]`, for example, or of a blank a leading zero.

So what decides is the meaning: blanks, the order of fields, escapes, unknown fields, and the case
of the MAC's hex digits change nothing; of a name that is there twice, the last one counts, as both
parsers have it. A receipt of more than 768 bytes is never genuine.
"""

import base64
import binascii
import hmac
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from tools.attack import lax
from tools.attack.scene import PAYMENT, Scene
from tools.attack.signing import Receipt, charge_encoded, mac, octets, sign_bytes, tap_encoded

FORGED = "forged"
GENUINE = "genuine"
UNCLEAR = "unclear"
MOST_BYTES = 768
_MOST_OF_CHARGE = 1024
_MOST_BRACKETS = 32
_TEXTS = {
    "device": (1, 12),
    "register": (1, 8),
    "order": (1, 20),
    "attempt": (24, 24),
    "currency": (3, 3),
    "state": (1, 8),
    "transaction": (0, 40),
    "reason": (0, 24),
}
_STATES = ("paid", "failed", "closed")
_CHARGE_TEXT = re.compile("[ -~]{1,512}", re.ASCII)
_TAP_VERBS = ("apdu", "wait", "again")
_MOST_OF_COMMAND = 261
_LAST_STEP = 99
_NO_TEXT = ("Cc", "Cs")
"""Unicode's categories of control characters and of surrogates."""
_MAC = re.compile("[0-9a-fA-F]{64}", re.ASCII)


def judge(body: bytes, scene: Scene) -> tuple[str, Receipt]:
    """FORGED, GENUINE or UNCLEAR, and the receipt that the body is if it is not forged."""
    return _judged(body, MOST_BYTES, lambda value: counts(value, scene))


def judge_charge(body: bytes, scene: Scene) -> tuple[str, Receipt]:
    """The same of a body that is to be a charge, of an attempt that waits for one."""
    return _judged(body, _MOST_OF_CHARGE, lambda value: holds(value, scene))


def judge_word(body: bytes, scene: Scene) -> tuple[str, Receipt]:
    """The same of a body that is to be the next word on a tap.

    One whose base64 is not as RFC 4648, 4, has it is unclear if what is signed can be read from it.
    """
    sort, word = _judged(body, _MOST_OF_CHARGE, lambda value: says(value, scene))
    if sort == GENUINE and base64.b64encode(data_of(word)) != octets(word["data"]):
        sort = UNCLEAR
    return sort, word


def _judged(body: bytes, most: int, right: Callable[[Any], bool]) -> tuple[str, Receipt]:
    readings = (as_json(body), as_chip(body)) if len(body) <= most else (None, None)
    counted = [value for value in readings if value is not None and right(value)]
    if not counted:
        return FORGED, {}
    return (GENUINE if len(counted) == len(readings) else UNCLEAR), counted[0]


def as_json(body: bytes) -> Any:
    """The value that a body is as JSON; None if it is none, has too many brackets, or half
    characters."""
    if body.count(b"[") + body.count(b"{") > _MOST_BRACKETS:
        return None
    try:
        value = json.loads(body.decode(), parse_constant=_refuse)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return None
    return value


def as_chip(body: bytes) -> Any:
    """The value that the chip's parser takes a body for; None if it takes it for none."""
    try:
        return lax.read(lax.joined(body))
    except ValueError:
        return None


def counts(value: Any, scene: Scene) -> bool:
    """Whether a value is a receipt that counts now."""
    if not isinstance(value, dict) or not _well_formed(value):
        return False
    opened = scene.open.get(value["attempt"])
    if opened is None or any(value[name] != opened[name] for name in PAYMENT):
        return False
    display = scene.display
    key = dict(display.keys).get(value["key"])
    if value["device"] != display.name or key is None:
        return False
    return hmac.compare_digest(mac(value, key), bytes.fromhex(value["mac"]))


def _well_formed(value: Receipt) -> bool:
    for name, (least, most) in _TEXTS.items():
        text = value.get(name)
        if not isinstance(text, str) or not least <= len(octets(text)) <= most:
            return False
        if any(unicodedata.category(letter) in _NO_TEXT for letter in text):
            return False
    if not _numbered(value) or not _is_number(value.get("amount"), 1, 9_999_999_999):
        return False
    return _has_mac(value) and value["state"] in _STATES


def holds(value: Any, scene: Scene) -> bool:
    """Whether a value is a charge that is shown now."""
    if not isinstance(value, dict) or not _numbered(value) or not _has_mac(value):
        return False
    text, attempt = value.get("text"), value.get("attempt")
    if not isinstance(text, str) or not _CHARGE_TEXT.fullmatch(text):
        return False
    opened = scene.open.get(attempt) if isinstance(attempt, str) else None
    key = dict(scene.display.keys).get(value["key"])
    if opened is None or key is None or value.get("device") != scene.display.name:
        return False
    right = sign_bytes(charge_encoded(value, opened), key)
    return hmac.compare_digest(right, value["mac"].lower())


def says(value: Any, scene: Scene) -> bool:
    """Whether a value is the word that the tap waits for."""
    if not isinstance(value, dict) or not _has_mac(value):
        return False
    if not _is_number(value.get("key"), 0, 255) or not _is_number(value.get("step"), 0, _LAST_STEP):
        return False
    if value.get("verb") not in _TAP_VERBS or not isinstance(value.get("data"), str):
        return False
    names = (value.get("attempt"), value.get("tap"), value["step"])
    key = dict(scene.display.keys).get(value["key"])
    if names != (scene.main["attempt"], scene.tap, scene.step) or key is None:
        return False
    try:
        data = data_of(value)
    except binascii.Error:
        return False
    right = sign_bytes(tap_encoded(value, data), key)
    return len(data) <= _MOST_OF_COMMAND and hmac.compare_digest(right, value["mac"].lower())


def data_of(word: Receipt) -> bytes:
    """What a word on a tap carries, read as freely as can be; raises binascii.Error."""
    return binascii.a2b_base64(octets(word["data"]))


def _numbered(value: Receipt) -> bool:
    return _is_number(value.get("version"), 1, 1) and _is_number(value.get("key"), 0, 255)


def _is_number(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _has_mac(value: Receipt) -> bool:
    given = value.get("mac")
    return isinstance(given, str) and bool(_MAC.fullmatch(given))


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
