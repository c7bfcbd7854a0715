"""What the chip's JSON parser takes a text for, told by MicroPython's rules and without its code.

It takes all JSON, and more: commas and colons are blanks to it, either bracket closes either, a
byte of zero ends the text, strings may hold line ends, `\\u` takes any four bytes, a number may
begin with zeros, a character may have more bytes than UTF-8 needs. Escapes that are a pair of
surrogates stay two characters, unless they are joined first.
"""

import re
from typing import Any

_TOKEN = re.compile(
    rb"""
    (?P<blank>[,:\ \t\n\r]+)
    | (?P<word>null|true|false)
    | "(?P<text>(?:\\u.{4}|\\[^u]|[^"\\\0])*+)"
    | (?P<number>[-0-9][-+.eE0-9]*)
    | (?P<open>[\[{])
    | (?P<close>[\]}])
    """,
    re.DOTALL | re.VERBOSE,
)
_CHARACTERS = re.compile(
    rb"(?:[\0-\x7F]|(?:[\xC0-\xDF]|(?:[\xE0-\xEF]|[\xF0-\xF7][\x80-\xBF])[\x80-\xBF])[\x80-\xBF])*+"
)
_PAIR = re.compile(
    rb"\\[^u]|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})", re.DOTALL
)
_ESCAPE = re.compile(rb"\\(?:u(.{4})|(.))", re.DOTALL)
_WORDS = {b"null": None, b"true": True, b"false": False}
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_AFTER = b" \t\n\r\v\f"
_NOTHING = object()


class NoReading(ValueError):
    """The parser refuses the text."""


def read(body: bytes) -> object:
    """The value; raises ValueError."""
    if not _CHARACTERS.fullmatch(body):
        raise NoReading
    return _Reader().read(body)


def joined(body: bytes) -> bytes:
    """A text in which each two escapes that are one character (RFC 8259, 7) are that character."""
    return _PAIR.sub(_join, body)


def _join(pair: re.Match[bytes]) -> bytes:
    if pair[1] is None:
        return pair[0]
    halves = int(pair[1], 16).to_bytes(2, "big") + int(pair[2], 16).to_bytes(2, "big")
    return halves.decode("utf-16-be").encode()


class _Reader:
    """Takes tokens; a key that waits for its value waits through brackets too."""

    def __init__(self) -> None:
        self._open: list[Any] = []
        self._key: object = _NOTHING

    def read(self, body: bytes) -> object:
        at = 0
        while token := _TOKEN.match(body, at):
            at = token.end()
            if token["close"]:
                last = self._open.pop() if self._open else _NOTHING
                if not self._open:
                    return self._end(last, body[at:])
            elif token["blank"] is None:
                value = _value(token)
                if not self._open and token["open"] is None:
                    return self._end(value, body[at:])
                self._put(value, token["open"] is not None)
        raise NoReading

    def _put(self, value: object, enter: bool) -> None:
        if self._open:
            inside = self._open[-1]
            if isinstance(inside, list):
                inside.append(value)
            elif self._key is not _NOTHING:
                inside[self._key], self._key = value, _NOTHING
            elif enter:
                raise NoReading
            else:
                self._key = value
        if enter:
            self._open.append(value)

    def _end(self, value: object, rest: bytes) -> object:
        if value is _NOTHING or rest.lstrip(_AFTER)[:1] not in (b"", b"\0"):
            raise NoReading
        return value


def _value(token: re.Match[bytes]) -> object:
    if token["open"]:
        return [] if token["open"] == b"[" else {}
    if token["word"]:
        return _WORDS[token["word"]]
    if token["number"]:
        return _number(token["number"].decode())
    return _text(_ESCAPE.sub(_unescape, token["text"]))


def _text(data: bytes) -> str:
    """Characters; bytes that are no UTF-8 become lone surrogates, which no receipt has."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeError:
        return data.decode("utf-8", "surrogateescape")


def _number(digits: str) -> int | float:
    try:
        return float(digits) if set(digits) & set(".eE") else int(digits)
    except ValueError:
        raise NoReading from None


def _unescape(escape: re.Match[bytes]) -> bytes:
    if escape[1] is None:
        return _LETTERS.get(escape[2], escape[2])
    number = 0
    for octet in escape[1]:
        digit = (octet | 0x20) - ord("0") & 0xFF
        number = number << 4 | (digit if digit <= 9 else digit - 39 & 0xFF)
    return chr(number).encode("utf-8", "surrogatepass")
