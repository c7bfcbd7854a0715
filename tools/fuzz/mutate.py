"""Inputs out of others: bits, bytes, lengths, pieces, and JSON whose values are another's."""

import copy
import json
import random
from collections.abc import Sequence
from typing import Any

from tools.fuzz.mend import Mend

MOST = 3072
"""Bytes of an input, as a rule."""
FLOOD = 60_000
"""Bytes of one that is to fill memory."""
_TOKENS = (
    *(b"\0", b"\xff", b"\r\n", b"\r\n\r\n", b": ", b"%", b"&", b"=", b"+", b'"', b"\\", b"{", b"}"),
    *(b"[", b"]", b"null", b"true", b"NaN", b"1e999", b"-0", b"0x1", b"\\u0000", b"\\ud83d"),
    *(b"\\ude00", b"\\uZZZZ", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf"),
    *(b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1", b"POST ", b"GET "),
    *(b"\x20\x02\x01\x00", b"\x90\x04\xff\xff\x01\x01", b"\xff\xff\xff\x7f", b"\x80\x80\x80\x01"),
    *(b"\x32", b"\x30", b"\x34", b"\x40\x02", b"\xd0\x00"),
)
_NUMBERS = (0, 1, -1, 255, 256, 65535, 2**31 - 1, 2**31, 2**62, 2**64, 10**30, 10**4400 % 10**400)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, "", [], {}, 0.5, 1e300, float("nan"), "\0", "é" * 20, "\u0085", "\u2028"),
    *("\ud800", "\U0001f600", "a" * 1000, [[[[]]]], {"a": {"b": {}}}, "\uff11\uff12", *_NUMBERS),
)


class Mutator:
    """Makes inputs from a corpus; the same seed makes the same ones."""

    def __init__(
        self, seed: str, corpus: Sequence[bytes], values: Sequence[Any], mend: Mend
    ) -> None:
        """values: JSON values to be put where others are expected."""
        self._random = random.Random(seed)
        self._corpus = list(corpus)
        self._values = (*_VALUES, *values)
        self._mend = mend

    def next(self) -> bytes:
        """Another input."""
        chance = self._random
        if chance.random() < 0.04:
            return chance.randbytes(chance.choice((1, 4, 16, 64, 256, 1400)))
        if chance.random() < 0.001:
            return self._flood(chance.choice(self._corpus))
        return self.changed(chance.choice(self._corpus))

    def keep(self, octets: bytes) -> None:
        """Make others from this one too."""
        self._corpus.append(octets)

    def changed(self, octets: bytes, most: int = MOST) -> bytes:
        """An input with a few changes."""
        chance = self._random
        if chance.random() < 0.35:
            octets = self._other_json(octets)
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
            octets = chance.choice(self._CHANGES)(self, octets)[:most]
        if chance.random() < 0.4:
            octets = self._mend(chance, octets)
        return octets[:most]

    # Changes of bytes.

    def _place(self, octets: bytes) -> tuple[int, int]:
        start = self._random.randint(0, len(octets))
        length = self._random.choice((1, 1, 2, 4, 8, 32, 200))
        return start, min(len(octets), start + length)

    def _put(self, octets: bytes, start: int, end: int, data: bytes) -> bytes:
        return octets[:start] + data + octets[end:]

    def _flip(self, octets: bytes) -> bytes:
        start, _ = self._place(octets)
        bit = 1 << self._random.randrange(8)
        return self._put(octets, start, start + 1, bytes(one ^ bit for one in octets[start:][:1]))

    def _set(self, octets: bytes) -> bytes:
        start, _ = self._place(octets)
        return self._put(octets, start, start + 1, self._random.randbytes(1))

    def _delete(self, octets: bytes) -> bytes:
        return self._put(octets, *self._place(octets), b"")

    def _insert(self, octets: bytes) -> bytes:
        start, _ = self._place(octets)
        return self._put(octets, start, start, self._random.choice(_TOKENS))

    def _replace(self, octets: bytes) -> bytes:
        return self._put(octets, *self._place(octets), self._random.choice(_TOKENS))

    def _repeat(self, octets: bytes) -> bytes:
        start, end = self._place(octets)
        times = self._random.choice((2, 2, 3, 40, 400))
        return self._put(octets, start, end, octets[start:end] * times)

    def _nest(self, octets: bytes) -> bytes:
        start, end = self._place(octets)
        deep = self._random.choice((b"[", b"[", b'{"a":')) * self._random.choice((8, 30, 1000))
        return self._put(octets, start, end, deep)

    def _cut(self, octets: bytes) -> bytes:
        return octets[: self._place(octets)[0]]

    def _splice(self, octets: bytes) -> bytes:
        other = self._random.choice(self._corpus)
        return octets[: self._place(octets)[0]] + other[self._place(other)[0] :]

    def _join(self, octets: bytes) -> bytes:
        other = self._random.choice(self._corpus)
        return octets + other[self._random.randrange(2) :]

    def _length(self, octets: bytes) -> bytes:
        """Two bytes or a number of digits, as lengths are, become another."""
        start, _ = self._place(octets)
        number = self._random.choice((0, 1, 127, 128, 255, 768, 769, 1024, 1152, 65535))
        if self._random.random() < 0.5:
            return self._put(octets, start, start + 2, number.to_bytes(2, "big"))
        digits = [at for at, one in enumerate(octets) if 0x30 <= one <= 0x39]
        if not digits:
            return octets
        start = self._random.choice(digits)
        words = str(self._random.choice((number, *_NUMBERS))).encode()
        return self._put(octets, start, start + self._random.choice((1, 2, 4)), words)

    _CHANGES = (
        *(_flip, _flip, _set, _delete, _insert, _replace, _repeat, _cut, _splice, _join),
        *(_length, _length, _nest),
    )

    def _flood(self, octets: bytes) -> bytes:
        """Far too much of something."""
        start, end = self._place(octets)
        middle = octets[start:end] or self._random.choice((b"A", b"[", b"\0", b"X: y\r\n"))
        return self._put(octets, start, end, middle * (FLOOD // len(middle)))[:FLOOD]

    # Changes of JSON.

    def _other_json(self, octets: bytes) -> bytes:
        """The first JSON object in an input, with another value somewhere."""
        start, end = octets.find(b"{"), octets.rfind(b"}") + 1
        if start < 0 or end <= start:
            return octets
        try:
            value = json.loads(octets[start:end])
        except (ValueError, RecursionError):
            return octets
        if isinstance(value, dict):
            self._change(value)
        blanks = self._random.choice(((", ", ": "), (",", ":"), (" ,\t", " :\n")))
        words = json.dumps(value, ensure_ascii=self._random.random() < 0.5, separators=blanks)
        return octets[:start] + words.encode("utf-8", "surrogatepass") + octets[end:]

    def _change(self, value: dict) -> None:
        """Change a value somewhere in an object, or take it away, or add one."""
        chance = self._random
        inner = [one for one in value.values() if isinstance(one, dict) and one]
        if inner and chance.random() < 0.7:
            return self._change(chance.choice(inner))
        name = chance.choice([*value, "more"])
        how = chance.randrange(8)
        if how == 0:
            value.pop(name, None)
        elif how == 1 and isinstance(value.get(name), int):
            value[name] += chance.choice((-1, 1, 10**9, -(10**10)))
        elif how == 2 and isinstance(value.get(name), str):
            value[name] = value[name] * chance.choice((0, 2, 20)) + chance.choice(("", "x", "\x7f"))
        elif how == 3:
            value[name] = [value.get(name)] * chance.choice((1, 9, 40))
        elif how == 4:
            value[chance.choice(("\ud83d", "", "é", "a" * 300))] = value.get(name)
        else:
            value[name] = copy.deepcopy(chance.choice(self._values))
        return None
