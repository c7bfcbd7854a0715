"""One JSON object from bytes that nobody vouches for.

The chip's parser takes any nesting, and a list costs it many times the two bytes that ask for
it: so brackets are counted before memory is taken.
"""

import json

from micropython import const

from tillqr.unload import load, unload

_MOST_BRACKETS = const(32)
_PAIRS = "tillqr.json_pairs"


class BadUtf8(ValueError):
    """The bytes are no UTF-8."""


def parse(data: "bytes | memoryview") -> dict:
    """The object; raises BadUtf8, or ValueError for all that is no (plain) JSON object."""
    try:
        text = str(data, "utf-8")
    except UnicodeError:
        raise BadUtf8() from None
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise ValueError("too many brackets")
    value = json.loads(_joined(text) if "\\ud" in text or "\\uD" in text else text)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _joined(text: str) -> str:
    """JSON without pairs of escapes; raises ValueError where an escape is no character."""
    try:
        return load(_PAIRS).joined(text)
    finally:
        unload(_PAIRS)


# Names and texts are looked at by the byte: the chip keeps each different character that it takes
# from a text for good, and anybody may send texts.


def is_name(value: str, low: int, high: int) -> bool:
    """Whether a value is a `name` of PROTOCOL.md, 4, of so many characters."""
    return is_text(value, low, high) and all(map(_in_name, value.encode()))


def _in_name(byte: int) -> bool:
    """A-Z a-z 0-9 . _ -"""
    letter = 0x41 <= byte & 0xDF <= 0x5A and byte < 0x80
    return letter or 0x30 <= byte <= 0x39 or byte in b"._-"


def is_text(value: str, low: int, high: int) -> bool:
    """Whether a value is a `text` of PROTOCOL.md, 4, of so many bytes: without control characters
    (C0, DEL, C1) and halves of characters (surrogates)."""
    try:
        data = value.encode()
    except UnicodeError:
        return False
    before = 0
    for byte in data:
        if byte < 32 or byte == 0x7F or (before == 0xC2 and byte < 0xA0):
            return False
        if before == 0xED and byte >= 0xA0:
            return False
        before = byte
    return low <= len(data) <= high
