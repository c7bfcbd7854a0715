"""The pass-through: every byte as it came, from the ACK of TRANSPARENT to the register's HELLO."""

import asyncio

from tillqr.till import message
from tillqr.till.frame import build
from tillqr.till.link import Link
from tillqr.till.pass_through import PassThrough
from tillqr.till.port import TillPort

from tests.support import Counts, raises

ROOM = 2048


class Uart:
    """A UART that only takes what is written, and says how much waits to be read."""

    def __init__(self):
        self.sent = b""
        self.waiting = 0
        self.takes = 1 << 20

    def write(self, data):
        data = bytes(data)[: self.takes]
        self.sent += data
        return len(data)

    def any(self):
        return self.waiting


class Scene:
    """A display's line to a register, and one to a machine."""

    def __init__(self):
        self.counts = Counts()
        self.lent = 0
        self.refuse = False
        self.till, self.machine = Uart(), Uart()
        self.link = Link("display", "d1", 115200, self._deliver, self._settled, self.counts)
        self.port = TillPort(self.till, self.link)
        self.through = PassThrough(self.till, self.machine, ROOM, self.link, self, self.counts)
        self.port.through = self.through
        self.sequence = 5

    def dispatch(self, event):
        assert event == "lend"
        if self.refuse:
            raise message.Refusal("busy", "qr")
        self.lent += 1

    def _deliver(self, kind, content):
        if kind == message.TRANSPARENT:
            self.through.begin()

    def _settled(self, *_):
        pass

    def hears(self, data):
        """Bytes of the register, as TillPort.receive has them."""
        for start in range(0, len(data), 128):
            part = bytearray(data[start : start + 128])
            if self.through.open:
                self.through.forward(part, len(part))
            else:
                self.link.feed(part, len(part))
            self.port.flush()

    def frame(self, kind, content=None):
        """The register's next frame."""
        self.sequence = (self.sequence + 1) & 0xFF
        return bytes(build(kind, self.sequence, message.build(content or {})))

    def hello(self, role="register"):
        return self.frame(message.HELLO, {"protocol": 1, "boot": "r1", "role": role})

    def joined(self):
        """Open the line; the frames that the register got are forgotten."""
        self.hears(self.hello())
        self.hears(bytes(build(message.ACK, 0, b"")))  # of the display's HELLO
        assert self.link.waiting == 0
        self.hears(self.frame(message.TRANSPARENT))
        assert self.through.open and self.lent == 1
        self.till.sent = b""
        return self


def noise(count):
    """Bytes of every value, with zeros where frames would have them."""
    state, out = 99, bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(0 if state >> 28 == 0 else state >> 16 & 255)
    return bytes(out)


def test_every_byte_of_the_register_passes():
    scene = Scene().joined()
    data = noise(20_000)
    scene.hears(data)
    assert scene.machine.sent == data and scene.till.sent == b""
    assert scene.through.open and scene.counts.names == []


def test_every_byte_of_the_machine_passes_once_the_register_has_spoken():
    scene = Scene().joined()

    class Stream:
        """What the machine says, in two parts."""

        def __init__(self, _):
            self.parts = [b"early", noise(100)]

        async def readinto(self, buffer):
            if len(self.parts) == 1:
                scene.hears(b"x")
            if not self.parts:
                await asyncio.sleep(3600)
            part = self.parts.pop(0)
            buffer[: len(part)] = part
            return len(part)

    async def run():
        task = asyncio.create_task(scene.through.receive())
        await asyncio.sleep(0.05)
        task.cancel()

    reader = asyncio.StreamReader
    asyncio.StreamReader = Stream
    try:
        asyncio.run(run())
    finally:
        asyncio.StreamReader = reader
    assert scene.till.sent == noise(100)


def test_the_display_is_silent_meanwhile():
    scene = Scene().joined()
    scene.link.send(message.STATUS, {"order": "1", "state": "idle"})
    scene.port.flush()
    assert scene.till.sent == b""


def test_hello_gives_the_line_back_and_passes_too():
    scene = Scene().joined()
    end = scene.hello()
    scene.hears(b"last\x03" + end)
    assert not scene.through.open and scene.lent == 1
    assert scene.machine.sent == b"last\x03" + end
    assert scene.till.sent[2] == message.ACK or message.ACK in scene.till.sent
    scene.hears(scene.frame(message.QUERY))
    assert scene.machine.sent == b"last\x03" + end


def test_no_other_frame_gives_it_back():
    scene = Scene().joined()
    for data in (
        scene.frame(message.QUERY),
        scene.hello("machine"),
        scene.frame(message.HELLO, {"protocol": 1}),
        scene.hello()[:-3] + b"\0",
    ):
        scene.hears(data)
        assert scene.through.open


def test_an_answer_that_was_lost_is_repeated():
    scene = Scene().joined()
    again = bytes(build(message.TRANSPARENT, scene.sequence, message.build({})))
    scene.hears(again)
    answer = bytes(build(message.ACK, scene.sequence, message.build({})))
    assert scene.till.sent == answer and scene.through.open
    scene.hears(b"x")
    assert scene.machine.sent == again + b"x" and scene.lent == 1
    other = scene.frame(message.TRANSPARENT)  # nobody waits for an answer to that
    scene.hears(other)
    assert scene.till.sent == answer and scene.through.open


def test_it_does_not_begin_while_something_is_to_be_said():
    scene = Scene()
    scene.hears(scene.hello())
    assert scene.link.waiting  # its own HELLO
    assert raises(message.Refusal, scene.through.begin).detail == "link"
    scene.hears(scene.frame(message.TRANSPARENT))
    assert not scene.through.open and scene.lent == 0


def test_it_does_not_begin_while_a_customer_pays():
    scene = Scene()
    scene.refuse = True
    scene.hears(scene.hello())
    scene.hears(bytes(build(message.ACK, 0, b"")))
    scene.hears(scene.frame(message.TRANSPARENT))
    assert not scene.through.open
    scene.hears(scene.frame(message.QUERY))
    assert scene.machine.sent == b""


def test_what_may_be_lost_is_counted():
    scene = Scene().joined()
    scene.till.waiting = ROOM - 1
    scene.hears(b"a")
    assert scene.counts.names == []
    scene.till.waiting = ROOM
    scene.hears(b"b")
    scene.till.waiting, scene.machine.takes = 0, 0
    scene.hears(b"c")
    assert scene.counts.names == ["through_overrun"] * 2
