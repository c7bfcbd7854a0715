"""Frames of the till link: COBS between zero bytes, a 3-byte header, a CRC-32 (PROTOCOL.md, 2).

A frame is ``version type sequence payload crc``; the CRC-32 (ISO-HDLC, as in zlib) covers all
before it and stands last, big-endian. COBS (Cheshire and Baker, 1999) removes the zero bytes,
so a zero on the line is always the end of a frame: after any garbage the receiver is in step
again at the next zero.
"""

import binascii

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = const(1)
MAX_PAYLOAD = const(1024)
_HEADER = const(3)
_CRC = const(4)
_MAX_ENCODED = const(1036)  # 3 + 1024 + 4, and a code byte for every 254 begun
MAX_ON_LINE = const(1038)  # with a zero byte before and behind
_BLOCK = const(254)


def build(kind: int, sequence: int, payload: bytes) -> memoryview:
    """The bytes of a frame on the line.

    kind and sequence are bytes (0 to 255); raises ValueError if the payload is longer than
    MAX_PAYLOAD bytes.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("payload too long")
    header = bytes((VERSION, kind, sequence))
    crc = binascii.crc32(payload, binascii.crc32(header)).to_bytes(_CRC, "big")
    size = _HEADER + len(payload) + _CRC
    line = bytearray(size + size // _BLOCK + 3)
    code_at, end = 1, 2
    for data in (header, payload, crc):
        code_at, end = _stuff(line, code_at, end, data)
    line[code_at] = end - code_at
    return memoryview(line)[: end + 1]


def _stuff(line: bytearray, code_at: int, end: int, data: bytes) -> "tuple[int, int]":
    """Append data by COBS: runs without a zero byte, each behind its length plus one; where the
    last length is to be, and where the next byte."""
    start = 0
    while start < len(data):
        room = _BLOCK - (end - code_at - 1)
        stop = data.find(b"\0", start, start + room)
        zero = stop >= 0
        if not zero:
            stop = min(len(data), start + room)
        line[end : end + stop - start] = memoryview(data)[start:stop]
        end += stop - start
        start = stop + 1 if zero else stop
        if zero or end - code_at > _BLOCK:
            line[code_at] = end - code_at
            code_at = end
            end += 1
    return code_at, end


class FrameReader:
    """Cuts a stream of bytes into frames; everything that is no frame costs a counter.

    deliver(version, kind, sequence, payload) is called for each frame whose CRC is right;
    payload is a memoryview that is valid during the call. count(name) is called for each
    thing refused: "frame_overlong", "frame_no_memory", "frame_short", "frame_crc", "frame_cobs".
    Between frames it takes next to no memory.
    """

    def __init__(
        self,
        deliver: "Callable[[int, int, int, memoryview], None]",
        count: "Callable[[str], None]",
    ) -> None:
        self._deliver = deliver
        self._count = count
        self._frame = bytearray()
        self._refused = ""  # why the frame that is coming can't be one, as counted

    def feed(self, data: bytearray, length: int) -> None:
        """Take data[:length] as it came from the line."""
        start = 0
        while start < length:
            end = data.find(b"\0", start, length)
            if end < 0:
                self._keep(data, start, length)
                return
            self._keep(data, start, end)
            self._finish()
            start = end + 1

    def _keep(self, data: bytearray, start: int, end: int) -> None:
        if self._refused or start == end:
            return  # of what is refused nothing more is stored until the next zero
        if len(self._frame) + end - start > _MAX_ENCODED:
            self._refuse("frame_overlong")
            return
        try:
            self._frame += memoryview(data)[start:end]
        except MemoryError:
            self._refuse("frame_no_memory")

    def _refuse(self, name: str) -> None:
        self._refused = name
        self._frame = bytearray()

    def _finish(self) -> None:
        frame, refused = self._frame, self._refused
        self._refuse("")
        if refused:
            self._count(refused)
        elif frame:  # zeros in a row are idle line, not frames
            self._check(memoryview(frame), _unstuff(frame, len(frame)))

    def _check(self, frame: memoryview, length: int) -> None:
        if length < 0:
            self._count("frame_cobs")
        elif length < _HEADER + _CRC:
            self._count("frame_short")
        elif binascii.crc32(frame[: length - _CRC]) != _big_endian(frame, length - _CRC):
            self._count("frame_crc")
        else:
            self._deliver(frame[0], frame[1], frame[2], frame[_HEADER : length - _CRC])


def _unstuff(buffer: bytearray, length: int) -> int:
    """Undo COBS in place; return the length of the frame, or -1 if it can't be COBS."""
    out = 0
    at = 0
    while at < length:
        code = buffer[at]
        end = at + code
        if code == 0 or end > length:
            return -1
        buffer[out : out + code - 1] = buffer[at + 1 : end]
        out += code - 1
        if code <= _BLOCK and end < length:
            buffer[out] = 0
            out += 1
        at = end
    return out


def _big_endian(data: memoryview, at: int) -> int:
    return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
