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
    from typing import Callable

VERSION = const(1)
MAX_PAYLOAD = const(1024)
_HEADER = const(3)
_CRC = const(4)
_MAX_FRAME = const(1031)  # _HEADER + MAX_PAYLOAD + _CRC
_MAX_ENCODED = const(1036)  # a code byte for every 254 bytes begun
MAX_ON_LINE = const(1038)  # with a zero byte before and behind
_BLOCK = const(254)


class FrameWriter:
    """Builds one frame at a time in a buffer of its own."""

    def __init__(self) -> None:
        self._frame = bytearray(_MAX_FRAME)
        self._line = bytearray(MAX_ON_LINE)

    def build(self, kind: int, sequence: int, payload: bytes) -> memoryview:
        """The bytes of a frame on the line, valid until the next call.

        kind and sequence are bytes (0 to 255); raises ValueError if the payload is longer
        than MAX_PAYLOAD bytes.
        """
        if len(payload) > MAX_PAYLOAD:
            raise ValueError("payload too long")
        frame = self._frame
        frame[0] = VERSION
        frame[1] = kind
        frame[2] = sequence
        end = _HEADER + len(payload)
        frame[_HEADER:end] = payload
        frame[end : end + _CRC] = binascii.crc32(memoryview(frame)[:end]).to_bytes(_CRC, "big")
        size = _stuff(frame, end + _CRC, self._line)
        return memoryview(self._line)[:size]


def _stuff(frame: bytearray, length: int, line: bytearray) -> int:
    """Write zero, COBS of frame[:length], zero into `line`; return how many bytes."""
    line[0] = 0
    out = 1
    start = 0
    while start <= length:
        end = frame.find(b"\0", start, min(length, start + _BLOCK))
        whole = end < 0 and start + _BLOCK <= length  # 254 bytes with no zero among them
        if end < 0:
            end = min(length, start + _BLOCK)
        line[out] = end - start + 1
        line[out + 1 : out + 1 + end - start] = frame[start:end]
        out += 1 + end - start
        start = end if whole else end + 1
        if whole and start == length:
            break  # a full last block needs no empty one behind it
    line[out] = 0
    return out + 1


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
