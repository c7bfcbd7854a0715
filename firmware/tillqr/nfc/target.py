"""What the reader found in its field."""

from micropython import const

_UIDS = (4, 7, 10)  # bytes: of one, two or three cascade levels
_ATQB = const(0x50)
_POLLED = const(0x01)


class Target:
    """A card or a phone."""

    def __init__(self, technology: str, identifier: bytes, sak: int, iso_dep: bool) -> None:
        self.technology = technology
        """"A", "B" (ISO/IEC 14443) or "F" (FeliCa, JIS X 6319-4)."""
        self.identifier = identifier
        """UID, PUPI or IDm; a phone makes a new one each time."""
        self.sak = sak
        """What it can do, by its own word (ISO/IEC 14443-3, 6.5.3.4); type A only, else 0."""
        self.iso_dep = iso_dep
        """Whether it takes APDUs (ISO/IEC 14443-4)."""


def type_a(data: memoryview) -> "tuple[Target, int]":
    """A target of InListPassiveTarget at 106 kbit/s, type A (UM0701-02, 7.3.5), and its length.

    data: target number, ATQA (2), SAK, length of the UID, UID, then the ATS, whose first byte is
    its length, if the SAK promises one. Raises IndexError or ValueError if it is cut or can't be.
    """
    sak, size = data[3], data[4]
    if size not in _UIDS:
        raise ValueError("no UID")
    end = 5 + size
    iso_dep = sak & 0x20 != 0
    if iso_dep:
        end += data[end]
    return Target("A", _bytes(data, 5, size), sak, iso_dep), _whole(data, end)


def type_b(data: memoryview) -> "tuple[Target, int]":
    """The same of type B: target number, ATQB (12: 0x50, PUPI, application, protocol), length of
    the answer to ATTRIB, that answer."""
    if data[1] != _ATQB:
        raise ValueError("no ATQB")
    return Target("B", _bytes(data, 2, 4), 0, True), _whole(data, 14 + data[13])


def felica(data: memoryview) -> "tuple[Target, int]":
    """The same of FeliCa: target number, length of the answer to POLLING with itself, 0x01, IDm,
    PMm, and perhaps the system code."""
    if data[2] != _POLLED:
        raise ValueError("no answer to POLLING")
    return Target("F", _bytes(data, 3, 8), 0, False), _whole(data, 1 + data[1])


def _bytes(data: memoryview, at: int, size: int) -> bytes:
    return bytes(data[at : _whole(data, at + size)])


def _whole(data: memoryview, end: int) -> int:
    if end > len(data):
        raise ValueError("a target is cut")
    return end
