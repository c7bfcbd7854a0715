"""The till line: frames, messages, and both ends of the link; neutral."""

import binascii
import json

from tillqr.sale import money
from tillqr.setup import till
from tillqr.till import answers, frame, message
from tillqr.till.link import Link

from tools.fuzz.parsers import Counts, Parser, demand, digest, keep, shape

_PORT = 128
"""Bytes that the firmware takes from its UART at once."""
_GOOD = (message.QUERY, 77, b'{"order":"1001"}')
_REASONS = ("type", "utf8", "json", "field", "amount", "currency")
_RAW = 1
_OTHER_VERSION = 0x80
_HELLO = b'{"protocol":1,"boot":"peer2","role":"register"}'

keep(money, "tillqr.sale.currencies")
answers.add()
till.add()


def frames(octets: bytes) -> str:
    """The frames on a line; the first byte says in what pieces they come.

    The same frames in any pieces, none too long, and one that comes after all this is heard.
    """
    good = bytes(frame.build(*_GOOD))
    whole, pieces = _Heard(), _Heard()
    for heard, size in ((whole, _PORT), (pieces, octets[0] % _PORT + 1 if octets else 1)):
        _feed(heard.reader, octets, size, 1)
        _feed(heard.reader, b"\0" + good, size)
    demand(whole.said() == pieces.said(), "it matters in what pieces a frame comes")
    demand(whole.last == (1,) + _GOOD, "a frame after garbage is not heard")
    return whole.said()


def _feed(reader, data: bytes, size: int, at: int = 0) -> None:  # type: ignore[no-untyped-def]
    """Feed bytes as the port does, from one buffer."""
    buffer = bytearray(_PORT)
    for start in range(at, len(data), size):
        piece = data[start : start + size]
        buffer[: len(piece)] = piece
        reader.feed(buffer, len(piece))


class _Heard:
    """A reader of frames that keeps what it heard in short."""

    def __init__(self, read=bytes) -> None:  # type: ignore[no-untyped-def]
        """read: makes of a payload what is the same on both runtimes."""
        self._read = read
        self._counts = Counts()
        self._sum = self.number = 0
        self.last: tuple = ()
        self.reader = frame.FrameReader(self._deliver, self._counts)

    def _deliver(self, version: int, kind: int, sequence: int, payload: memoryview) -> None:
        demand(len(payload) <= frame.MAX_PAYLOAD, "a payload is too long")
        self.number += 1
        self.last = (version, kind, sequence, bytes(payload))
        content = self._read(self.last[3])
        self._sum = binascii.crc32(content, binascii.crc32(bytes(self.last[:3]), self._sum))

    def said(self) -> str:
        """What was heard and refused."""
        return "{} {:08x} {}".format(self.number, self._sum, self._counts.words())


def messages(octets: bytes) -> str:
    """A message of the kind that the first byte says."""
    kind = octets[0] if octets else 0
    try:
        parsed = message.parse(kind, octets[1 : 1 + frame.MAX_PAYLOAD])
    except message.Refusal as refusal:
        demand(refusal.reason in _REASONS, "refused without a known name")
        return refusal.reason
    again = message.parse(kind, message.build(parsed))
    demand(shape(again) == shape(parsed), "built again it is another")
    return "message " + digest(shape(parsed))


def link(octets: bytes) -> str:
    """A display's end of the link; the first byte says whether lines or records come.

    Lines come as they are. A record is kind, sequence, a length of two bytes and a payload, of
    which a true frame is made; its sequence counts from the one that is expected. Whatever came: a
    register that starts again is answered, and its message is carried out.
    """
    end = _End()
    if octets and octets[0] & _RAW:
        _feed(end, octets, octets[0] % _PORT + 1, 1)
    else:
        end.take_records(octets)
    said = end.said()
    end.restart()
    return said


def records(octets: bytes):  # type: ignore[no-untyped-def]
    """Kind, sequence and payload of each record behind an input's first byte."""
    at = 1
    while at + 4 <= len(octets):
        size = min(octets[at + 2] << 8 | octets[at + 3], frame.MAX_PAYLOAD)
        yield octets[at], octets[at + 1], octets[at + 4 : at + 4 + size]
        at += 4 + size


class _End:
    """The link, with a peer that has no memory."""

    def __init__(self) -> None:
        self._counts = Counts()
        self._carried = self._settled = self._answered = 0
        self.last: tuple = ()
        self._now = 0
        self._link = Link("display", "own", 115200, self._deliver, self._settle, self._counts)
        self._out = _Heard(_content)

    def _deliver(self, kind: int, content: dict) -> None:
        self._carried += 1
        self.last = (kind, content)
        if content.get("order") == "refused":
            raise message.Refusal("busy")
        if kind == message.PAY:
            self._link.send(message.STATUS, {"state": "qr", "order": content["order"]}, True)
        elif kind == message.QUERY:
            self._link.send(message.RESULT, {"order": content.get("order", "")})

    def _settle(self, _kind: int, _content: dict, reason: str, detail: str) -> None:
        self._settled += 1
        demand(len(reason) <= 24 and len(detail) <= 80, "an answer's reason is too long")

    def feed(self, data: bytearray, length: int) -> None:
        """Bytes from the line; what is to be said is said."""
        self._link.feed(data, length)
        self._flush()

    def take_records(self, octets: bytes) -> None:
        """Frames with a true checksum."""
        for kind, sequence, payload in records(octets):
            expected = self._link.heard + 1 if self._link.heard >= 0 else 0
            line = frame.build(kind & 0x1F, expected + sequence & 0xFF, payload)
            data = bytearray(_versioned(bytes(line)) if kind & _OTHER_VERSION else line)
            self.feed(data, len(data))
            self._now += 300

    def _flush(self) -> None:
        """Take what the link says: whole frames, and not without end."""
        for _ in range(8):
            data = self._link.output(self._now)
            if data is None:
                demand(self._link.waiting <= 9, "the queue grows")  # eight, and a HELLO before
                return
            before = self._out.number
            self._out.reader.feed(bytearray(data), len(data))
            demand(self._out.number == before + 1, "it says what is no frame")
        demand(False, "it speaks without end")

    def restart(self) -> None:
        """A register that starts: HELLO and QUERY, which must be carried out."""
        self._now += 6000
        data = bytearray(b"\0")
        self.feed(data, 1)
        for kind, sequence, payload in ((message.HELLO, 200, _HELLO), (message.QUERY, 201, b"{}")):
            data = bytearray(frame.build(kind, sequence, payload))
            self.feed(data, len(data))
        demand(self.last == (message.QUERY, {}), "a register that starts again is not heard")

    def said(self) -> str:
        """What came of it all."""
        return "{} {} {} {}".format(
            self._carried, self._settled, self._out.said(), self._counts.words()
        )


def _content(payload: bytes) -> bytes:
    """What our own JSON says; MicroPython has other blanks and no order in it."""
    return shape(json.loads(payload)).encode() if payload else b""


def _versioned(line: bytes) -> bytes:
    """A frame of another version, whose checksum is right; of a payload without a zero byte."""
    head = bytes((2,)) + line[3:5] if len(line) > 5 else b"\2\1\1"
    if 0 in head or len(line) > 240:
        return line
    body = head + line[5:-5].replace(b"\0", b" ")
    body += binascii.crc32(body).to_bytes(4, "big")
    out = bytearray(b"\0")
    for run in body.split(b"\0"):
        out += bytes((len(run) + 1,)) + run
    return bytes(out) + b"\0"


PARSERS = {
    "frames": Parser(frames, 1036, 20),
    "messages": Parser(messages, 1024, 40),
    "link": Parser(link, 1036, 60),
}
