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


class FrameWriter:
    """Builds one frame at a time in a buffer of its own."""

    def __init__(self) -> None:
        self._line = bytearray(MAX_ON_LINE)
        self._end = 0
        self._code_at = 0

    def build(self, kind: int, sequence: int, payload: bytes) -> memoryview:
        """The bytes of a frame on the line, valid until the next call.

        kind and sequence are bytes (0 to 255); raises ValueError if the payload is longer
        than MAX_PAYLOAD bytes.
        """
        if len(payload) > MAX_PAYLOAD:
            raise ValueError("payload too long")
        header = bytes((VERSION, kind, sequence))
        crc = binascii.crc32(payload, binascii.crc32(header))
        self._line[0] = 0
        self._code_at = 1
        self._end = 2
        self._stuff(header)
        self._stuff(payload)
        self._stuff(crc.to_bytes(_CRC, "big"))
        self._line[self._code_at] = self._end - self._code_at
        self._line[self._end] = 0
        return memoryview(self._line)[: self._end + 1]

    def _stuff(self, data: bytes) -> None:
        """Append data by COBS: runs without a zero byte, each behind its length plus one."""
        start = 0
        while start < len(data):
            room = _BLOCK - (self._end - self._code_at - 1)
            end = data.find(b"\0", start, start + room)
            zero = end >= 0
            if not zero:
                end = min(len(data), start + room)
            self._line[self._end : self._end + end - start] = memoryview(data)[start:end]
            self._end += end - start
            start = end + 1 if zero else end
            if zero or self._end - self._code_at > _BLOCK:
                self._line[self._code_at] = self._end - self._code_at
                self._code_at = self._end
                self._end += 1


class FrameReader:
    """Cuts a stream of bytes into frames; everything that is no frame costs a counter.

    deliver(version, kind, sequence, payload) is called for each frame whose CRC is right;
    payload is a memoryview that is valid during the call. count(name) is called for each
    thing refused: "frame_overlong", "frame_short", "frame_crc", "frame_cobs".
    """

    def __init__(
        self,
        deliver: "Callable[[int, int, int, memoryview], None]",
        count: "Callable[[str], None]",
    ) -> None:
        self._deliver = deliver
        self._count = count
        self._buffer = bytearray(_MAX_ENCODED)
        self._length = 0
        self._overlong = False

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
        size = end - start
        if self._overlong or self._length + size > _MAX_ENCODED:
            self._overlong = True  # nothing more is stored until the next zero
            return
        self._buffer[self._length : self._length + size] = memoryview(data)[start:end]
        self._length += size

    def _finish(self) -> None:
        length, overlong = self._length, self._overlong
        self._length = 0
        self._overlong = False
        if overlong:
            self._count("frame_overlong")
        elif length:  # zeros in a row are idle line, not frames
            self._check(_unstuff(self._buffer, length))

    def _check(self, length: int) -> None:
        frame = memoryview(self._buffer)
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
