"""NXP NTAG213, 215 and 216: NFC Forum Type 2 tags (NXP data sheet NTAG213_215_216, rev. 3.2)."""

from typing import Literal, NamedTuple

from host_sim.cards.card import Card, Nak

_PAGE = 4
_READ, _FAST_READ, _GET_VERSION = 0x30, 0x3A, 0x60
_HALT = b"\x50\x00"
_CASCADE_TAG = 0x88
_FIRST_USER_PAGE = 4
_TERMINATOR = b"\xfe"


class _Make(NamedTuple):
    """What differs from model to model (data sheet, 8.5 and 10.1)."""

    pages: int
    last_user_page: int
    size: int
    """Byte 2 of the capability container: the data area's bytes over eight."""
    storage: int
    """Byte 6 of the version."""
    shipped: bytes
    """What lies before the NDEF message when it leaves the factory: the lock control TLV."""


_MAKES = {
    213: _Make(45, 0x27, 0x12, 0x0F, bytes.fromhex("0103a00c34")),
    215: _Make(135, 0x81, 0x3E, 0x11, b""),
    216: _Make(231, 0xE1, 0x6D, 0x13, b""),
}


class Ntag(Card):
    """A tag that was written once and is locked; its memory is `memory`."""

    atqa, sak = b"\x44\x00", 0x00

    def __init__(self, message: bytes, uid: bytes, model: Literal[213, 215, 216] = 213) -> None:
        """message: an NDEF message; uid: 7 bytes. Raises ValueError if it does not fit."""
        make = _MAKES[model]
        self.uid = uid
        self._version = bytes((0, 4, 4, 2, 1, 0, make.storage, 3))
        self._silent = False
        self.memory = bytearray(make.pages * _PAGE)
        self.memory[: 4 * _PAGE] = _head(uid, make.size)
        self._lay(make.shipped + tlv(message) + _TERMINATOR, make)

    def _lay(self, data: bytes, make: _Make) -> None:
        room = (make.last_user_page + 1 - _FIRST_USER_PAGE) * _PAGE
        if len(data) > room:
            raise ValueError(f"{len(data)} bytes don't fit in {room}")
        begin = _FIRST_USER_PAGE * _PAGE
        self.memory[begin : begin + len(data)] = data

    @property
    def pages(self) -> int:
        """How many there are, configuration and all."""
        return len(self.memory) // _PAGE

    def activated(self) -> None:
        """After anticollision it listens again."""
        self._silent = False

    def answer(self, command: bytes) -> bytes | None:
        """One command; after HLTA or a NAK it is silent until it is activated (data sheet, 8.4)."""
        if self._silent or not command:
            return None
        if command == _HALT:
            self._silent = True
            return None
        try:
            return self._carried_out(command)
        except Nak:
            self._silent = True
            raise

    def _carried_out(self, command: bytes) -> bytes:
        if command[0] == _READ and len(command) == 2:
            return self._read(command[1])
        if command[0] == _FAST_READ and len(command) == 3:
            return self._fast_read(command[1], command[2])
        if command == bytes((_GET_VERSION,)):
            return self._version
        raise Nak  # WRITE as well: all pages are locked

    def _read(self, page: int) -> bytes:
        """Four pages; behind the last one the first comes again (data sheet, 10.2)."""
        if page >= self.pages:
            raise Nak
        twice = self.memory + self.memory
        return bytes(twice[page * _PAGE : (page + 4) * _PAGE])

    def _fast_read(self, first: int, last: int) -> bytes:
        if not first <= last < self.pages:
            raise Nak
        return bytes(self.memory[first * _PAGE : (last + 1) * _PAGE])


def tlv(message: bytes) -> bytes:
    """An NDEF message as a TLV of a Type 2 tag (NFC Forum T2T 1.0, 2.3)."""
    size = len(message)
    length = bytes((size,)) if size < 255 else b"\xff" + size.to_bytes(2, "big")
    return b"\x03" + length + message


def _head(uid: bytes, size: int) -> bytes:
    """Pages 0 to 3: the UID with its check bytes, lock bytes, capability container."""
    first = _CASCADE_TAG ^ uid[0] ^ uid[1] ^ uid[2]
    second = uid[3] ^ uid[4] ^ uid[5] ^ uid[6]
    internal, locked = b"\x48", b"\xff\xff"
    container = bytes((0xE1, 0x10, size, 0x0F))
    return uid[:3] + bytes((first,)) + uid[3:] + bytes((second,)) + internal + locked + container
