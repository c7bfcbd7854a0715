"""Which bodies must count, which must not, and which may: told without any code of the firmware.

A body is read twice: as JSON is (RFC 8259), and as the chip's parser takes it (lax.py). If both
readings are a receipt that counts by PROTOCOL.md, 6, the body is genuine and must be accepted. If
neither is, it is forged. If the readings differ, the body is unclear: it says, if anything, what
the backend has signed, so it may be accepted or not. That is one flipped bit that makes of the last
`}` a `]`, for example, or of a blank a leading zero.

So what decides is the meaning: blanks, the order of fields, escapes, unknown fields, and the case
of the MAC's hex digits change nothing; of a name that is there twice, the last one counts, as both
parsers have it. A body of more than 768 bytes is never genuine.
"""

import hmac
import json
import re
from typing import Any

from tools.attack import lax
from tools.attack.scene import PAYMENT, Scene
from tools.attack.signing import Receipt, mac, octets

FORGED = "forged"
GENUINE = "genuine"
UNCLEAR = "unclear"
MOST_BYTES = 768
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
_MAC = re.compile("[0-9a-fA-F]{64}", re.ASCII)


def judge(body: bytes, scene: Scene) -> tuple[str, Receipt]:
    """FORGED, GENUINE or UNCLEAR, and the receipt that the body is if it is not forged."""
    readings = (as_json(body), as_chip(body))
    counted = [dict(value) for value in readings if counts(value, scene)]
    if not counted:
        return FORGED, {}
    return (GENUINE if len(counted) == len(readings) else UNCLEAR), counted[0]


def as_json(body: bytes) -> Any:
    """The value that a body is as JSON; None if it is none, has too many brackets, or half
    characters."""
    if len(body) > MOST_BYTES or body.count(b"[") + body.count(b"{") > _MOST_BRACKETS:
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
        return lax.read(body) if len(body) <= MOST_BYTES else None
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
    if value["device"] != display.name or value["key"] != display.number:
        return False
    return hmac.compare_digest(mac(value, display.key), bytes.fromhex(value["mac"]))


def _well_formed(value: Receipt) -> bool:
    for name, (least, most) in _TEXTS.items():
        text = value.get(name)
        if not isinstance(text, str) or not least <= len(octets(text)) <= most:
            return False
    for name, least, most in (("version", 1, 1), ("key", 0, 255), ("amount", 1, 9_999_999_999)):
        if type(value.get(name)) is not int or not least <= value[name] <= most:
            return False
    given = value.get("mac")
    return isinstance(given, str) and bool(_MAC.fullmatch(given)) and value["state"] in _STATES


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
