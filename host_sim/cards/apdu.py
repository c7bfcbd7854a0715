"""Command and response APDUs as cards see them (ISO/IEC 7816-4, 5.1)."""

from typing import NamedTuple

OK = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
NOT_ALLOWED = b"\x69\x82"
CONDITIONS = b"\x69\x85"
NOT_FOUND = b"\x6a\x82"
NO_RECORD = b"\x6a\x83"
WRONG_P1_P2 = b"\x6a\x86"
WRONG_OFFSET = b"\x6b\x00"
NO_INSTRUCTION = b"\x6d\x00"
NO_CLASS = b"\x6e\x00"
END_OF_FILE = b"\x62\x82"

SELECT, READ_BINARY, READ_RECORD = 0xA4, 0xB0, 0xB2


class Refused(Exception):
    """A command that gets a status word only."""

    def __init__(self, status: bytes) -> None:
        super().__init__(status.hex())
        self.status = status


class Command(NamedTuple):
    """A short command; le is 256 for an Le of 00, and None without."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int | None

    @property
    def p1_p2(self) -> int:
        """Both as one number."""
        return self.p1 << 8 | self.p2


def parse(apdu: bytes) -> Command:
    """A short command, of all four cases; raises Refused."""
    if len(apdu) < 4:
        raise Refused(WRONG_LENGTH)
    (cla, ins, p1, p2), rest = apdu[:4], apdu[4:]
    if len(rest) <= 1:
        return Command(cla, ins, p1, p2, b"", _le(rest))
    size, rest = rest[0], rest[1:]
    if size == 0 or len(rest) not in (size, size + 1):
        raise Refused(WRONG_LENGTH)
    return Command(cla, ins, p1, p2, rest[:size], _le(rest[size:]))


def _le(field: bytes) -> int | None:
    return (field[0] or 256) if field else None
