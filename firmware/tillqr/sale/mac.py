"""HMAC-SHA256 (RFC 2104, FIPS 180-4) under a device key, with a constant-time compare.

MicroPython has no hmac module. The padded keys are made once; a MAC is two SHA-256 runs.
"""

import hashlib

from micropython import const

SIZE = const(32)
"""Bytes of a whole MAC."""
_BLOCK = const(64)


class Key:
    """A device key; its bytes never leave this object."""

    def __init__(self, secret: bytes, number: int = 1) -> None:
        """secret: 64 bytes at most, else ValueError; number: the key id that receipts name."""
        if not 0 < len(secret) <= _BLOCK:
            raise ValueError("a key has 1 to 64 bytes")
        padded = secret + bytes(_BLOCK - len(secret))
        self.number = number
        self._inner = bytes(byte ^ 0x36 for byte in padded)
        self._outer = bytes(byte ^ 0x5C for byte in padded)

    def mac(self, data: "bytes | bytearray") -> bytes:
        """The 32 bytes of HMAC-SHA256 over data."""
        inner = hashlib.sha256(self._inner)
        inner.update(data)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()

    def verifies(self, data: "bytes | bytearray", mac: bytes) -> bool:
        """Whether `mac` is the whole MAC of data; takes the same time wherever they differ."""
        expected = self.mac(data)
        if len(mac) != SIZE:
            return False
        difference = 0
        for index in range(SIZE):
            difference |= expected[index] ^ mac[index]
        return difference == 0


def find(keys: "list[Key]", number: int) -> "Key | None":
    """The one of the keys that has a number."""
    for key in keys:
        if key.number == number:
            return key
    return None


def prefixed(data: bytes) -> bytes:
    """s(data) of PROTOCOL.md, 6.1: its length in one byte, and the bytes."""
    return bytes((len(data),)) + data
