"""Frames between a host and a PN532 (NXP UM0701-02, 6.2.1).

A frame is ``00 00 FF length LCS TFI data DCS 00``: length counts TFI and data; LCS makes the sum of
the length's bytes zero, DCS that of TFI and data, both modulo 256. With a length of ``FF FF`` and
that LCS the true one follows in two bytes, big-endian, with an LCS of its own (extended frame).
"""

from micropython import const

MOST_DATA = const(264)
"""Bytes behind the TFI at most."""
MOST = const(275)
"""Bytes of the longest frame."""
ACK = b"\x00\x00\xff\x00\xff\x00"
NACK = b"\x00\x00\xff\xff\x00\x00"
TO_READER = const(0xD4)
FROM_READER = const(0xD5)
_ERROR = const(0x7F)
_NORMAL_MOST = const(255)

BAD = const(0)  # what is in a frame
IS_ACK = const(1)
IS_NACK = const(2)
IS_ERROR = const(3)
IS_RESPONSE = const(4)


def build(tfi: int, head: bytes, data: "bytes | memoryview") -> bytearray:
    """A frame that carries `head` and `data`. Raises ValueError if that is more than MOST_DATA
    bytes."""
    size = 1 + len(head) + len(data)
    if size > MOST_DATA + 1:
        raise ValueError("too long for a frame")
    at = 5 if size <= _NORMAL_MOST else 8
    frame = bytearray(at + size + 2)
    frame[2] = 0xFF
    if at == 5:
        frame[3], frame[4] = size, -size & 0xFF
    else:
        frame[3] = frame[4] = 0xFF
        frame[5], frame[6] = size >> 8, size & 0xFF
        frame[7] = -(frame[5] + frame[6]) & 0xFF
    frame[at] = tfi
    end = at + 1 + len(head)
    frame[at + 1 : end] = head
    frame[end:-2] = data
    frame[-2] = -sum(memoryview(frame)[at:-2]) & 0xFF
    return frame


def need(frame: "bytearray | memoryview", have: int) -> int:
    """How many bytes frame[:have], the beginning of a frame, is to have in all; 0: not to be said
    yet. Of what can't be a frame it is `have`, so that it gets to be judged."""
    at = _start(frame, have)
    if at < 0 or have < at + 2:
        return 0
    if _is_signal(frame, at):
        return at + 3
    begin, size = _head(frame, have, at)
    if not begin:
        return 0
    return begin + size + 2 if size else have


def parse(frame: "bytearray | memoryview", have: int, tfi: int) -> "tuple[int, int, int]":
    """What frame[:have] is, and where in it the data behind the TFI begins and ends.

    tfi: whose frames these are to be. Whatever isn't whole and right is BAD.
    """
    at = _start(frame, have)
    if at < 0 or have < at + 2:
        return BAD, 0, 0
    if _is_signal(frame, at):
        return (IS_NACK if frame[at] else IS_ACK), 0, 0
    begin, size = _head(frame, have, at)
    end = begin + size
    if not size or end >= have or sum(frame[begin : end + 1]) & 0xFF:
        return BAD, 0, 0
    if frame[begin] == _ERROR and size == 1:
        return IS_ERROR, 0, 0
    return (IS_RESPONSE, begin + 1, end) if frame[begin] == tfi else (BAD, 0, 0)


def _is_signal(frame: "bytearray | memoryview", at: int) -> bool:
    """Whether it is an ACK or a NACK: 00 FF or FF 00 in the length's place."""
    return frame[at] in (0, 0xFF) and frame[at] ^ frame[at + 1] == 0xFF


def _head(frame: "bytearray | memoryview", have: int, at: int) -> "tuple[int, int]":
    """Where the TFI is, 0 if that can't be said yet, and how many bytes it and the data are: 0 if
    what is said of it is wrong."""
    if frame[at] != 0xFF or frame[at + 1] != 0xFF:
        return at + 2, 0 if (frame[at] + frame[at + 1]) & 0xFF else frame[at]
    if have < at + 5:
        return 0, 0
    size = frame[at + 2] << 8 | frame[at + 3]
    if (frame[at + 2] + frame[at + 3] + frame[at + 4]) & 0xFF or size > MOST_DATA + 1:
        size = 0
    return at + 5, size


def _start(frame: "bytearray | memoryview", have: int) -> int:
    """Where the length is, behind the start code 00 FF; -1 without one."""
    for at in range(1, have):
        if frame[at] == 0xFF and frame[at - 1] == 0:
            return at + 1
    return -1
