"""One JSON object from bytes that nobody vouches for.

The chip's parser takes any nesting, and a list costs it many times the two bytes that ask for
it: so brackets are counted before memory is taken.
"""

import json

from micropython import const

_MOST_BRACKETS = const(32)


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
    value = json.loads(_joined(text) if "\\ud" in text.lower() else text)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _joined(text: str) -> str:
    """JSON in which no character is a pair of escapes (RFC 8259, 7): the chip's parser takes the
    halves for two characters. Raises ValueError where an escape has no hex digits, or is a half
    alone (RFC 7493, 2.1): CPython has no UTF-8 of that."""
    out = ""
    start = 0
    while True:
        at = text.find("\\", start)
        if at < 0:
            return out + text[start:]
        end = at + 2
        if text[at + 1 : end] == "u":
            end = at + 6
            high = int(text[at + 2 : end], 16)
            if 0xD800 <= high < 0xE000:
                low = int(text[end + 2 : end + 6], 16) if text[end : end + 2] == "\\u" else 0
                if high >= 0xDC00 or not 0xDC00 <= low < 0xE000:
                    raise ValueError("half a character")
                out += text[start:at] + _character((high << 10) + low - 0x35FDC00)
                start = end + 6
                continue
        out += text[start:end]
        start = end


def _character(code: int) -> str:
    """A character beyond U+FFFF; chr would keep it for good."""
    four = (0xF0 | code >> 18, 0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63, 0x80 | code & 63)
    return str(bytes(four), "utf-8")


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
