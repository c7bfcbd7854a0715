"""Frames survive the line, and nothing else passes for one."""

from tillqr.till import frame
from tillqr.till.frame import MAX_ON_LINE, MAX_PAYLOAD, FrameReader, build

from tests import vectors
from tests.support import Counts, raises


class Inbox:
    """A reader and what it delivered and counted."""

    def __init__(self):
        self.frames = []
        self.counts = Counts()
        self.reader = FrameReader(self._deliver, self.counts)

    def _deliver(self, version, kind, sequence, payload):
        self.frames.append((version, kind, sequence, bytes(payload)))

    def feed(self, data):
        self.reader.feed(bytearray(data), len(data))
        return self


def on_line(kind, sequence, payload):
    return bytes(build(kind, sequence, payload))


def test_vectors():
    lines = vectors.load("frames")
    assert len(lines) == 4
    for line in lines:
        kind, sequence, payload, octets = line.split(" ")
        payload = b"" if payload == "-" else payload.encode()
        octets = bytes.fromhex(octets)
        assert on_line(int(kind), int(sequence), payload) == octets
        frames = Inbox().feed(octets).frames
        assert frames == [(1, int(kind), int(sequence), payload)]


def test_every_length_comes_back():
    inbox = Inbox()
    for length in list(range(40)) + list(range(245, 265)) + list(range(500, 520)) + [1023, 1024]:
        for fill in (b"\x00", b"\x01", b"\xff"):
            inbox.frames.clear()
            line = bytes(build(8, length & 255, fill * length))
            assert len(line) <= MAX_ON_LINE
            assert line[0] == 0 and line[-1] == 0 and 0 not in line[1:-1]
            inbox.feed(line)
            assert inbox.frames == [(1, 8, length & 255, fill * length)]
    assert inbox.counts.names == []


def test_a_payload_too_long_is_refused():
    raises(ValueError, build, 1, 1, bytes(MAX_PAYLOAD + 1))


def test_bytes_may_come_one_by_one():
    inbox = Inbox()
    for byte in on_line(4, 1, b'{"a":1}') * 2:
        inbox.feed(bytes((byte,)))
    assert len(inbox.frames) == 2


def test_in_step_again_after_any_garbage():
    good = on_line(5, 3, b"{}")
    for garbage in (b"\x00", b"\xff" * 7, b"\x05ab\x00", b"\x01" * 3000, good[:-3], good[3:]):
        inbox = Inbox().feed(garbage + good)
        assert inbox.frames == [(1, 5, 3, b"{}")], garbage


def test_each_refusal_has_its_counter():
    good = on_line(5, 3, b"{}")
    cases = (
        (b"\x01" * 1037 + b"\x00", "frame_overlong"),
        (b"\x03ab\x00", "frame_short"),
        (b"\x09ab\x00", "frame_cobs"),
        (good[:6] + bytes((good[6] ^ 1,)) + good[7:], "frame_crc"),
    )
    for octets, name in cases:
        inbox = Inbox().feed(octets)
        assert inbox.counts.names == [name], name
        assert inbox.frames == []


def test_every_flipped_bit_is_noticed():
    good = on_line(4, 9, b'{"order":"1001","amount":1234}')
    for index in range(1, len(good) - 1):
        for bit in range(8):
            octets = bytearray(good)
            octets[index] ^= 1 << bit
            assert Inbox().feed(bytes(octets)).frames == []


def test_an_idle_line_is_no_frame():
    inbox = Inbox().feed(bytes(50))
    assert inbox.frames == [] and inbox.counts.names == []


def test_a_frame_that_there_is_no_memory_for_is_passed_over():
    inbox = Inbox()

    def fails(_):
        raise MemoryError()

    line = on_line(8, 3, b"one")
    frame.memoryview = fails
    try:
        inbox.feed(line[:5])
    finally:
        del frame.memoryview
    inbox.feed(line[5:])
    assert inbox.frames == [] and inbox.counts.names == ["frame_no_memory"]
    assert inbox.feed(line).frames == [(1, 8, 3, b"one")]
