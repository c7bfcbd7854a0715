"""The link delivers each message once, in order, whatever the line does."""

from tillqr.till import answers, frame, message
from tillqr.till.link import Link, answer_time

from tests.support import Counts

BAUD = 115200
answers.add()


class End:
    """One end of a link with what it delivered and what became of what it sent."""

    def __init__(self, role, boot, *more):
        """more: Link's further arguments."""
        self.delivered = []
        self.settled = []
        self.counts = Counts()
        self.refuse = ""
        self.link = Link(role, boot, BAUD, self._deliver, self._settle, self.counts, *more)

    def _deliver(self, kind, content):
        if self.refuse and kind != message.HELLO:
            raise message.Refusal(self.refuse)
        self.delivered.append((kind, content))

    def _settle(self, kind, content, reason, _):
        self.settled.append((kind, reason))

    def orders(self):
        """The orders of the CANCELs that were delivered."""
        return [content["order"] for kind, content in self.delivered if kind == message.CANCEL]


class Line:
    """Two ends and a line that spoils what `spoil` says."""

    def __init__(self, spoil=None):
        self.register = End("register", "r1")
        self.display = End("display", "d1")
        self.now = 0
        self.spoil = spoil or (lambda octets: [octets])

    def run(self, milliseconds):
        """Let time pass."""
        for _ in range(milliseconds // 10):
            self.now += 10
            self._carry(self.register, self.display)
            self._carry(self.display, self.register)

    def _carry(self, sender, receiver):
        octets = sender.link.output(self.now)
        while octets is not None:
            for part in self.spoil(bytes(octets)):
                receiver.link.feed(bytearray(part), len(part))
            octets = sender.link.output(self.now)


class Random:
    """A small generator that is the same on every runtime (Numerical Recipes' LCG)."""

    def __init__(self, seed):
        self._state = seed

    def __call__(self, below):
        self._state = (self._state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self._state >> 16) % below


def cancel(number):
    return {"order": str(number)}


def test_hello_opens_both_directions():
    line = Line()
    line.run(50)
    assert line.register.link.up and line.display.link.up
    assert line.register.link.peer_boot == "d1" and line.display.link.peer_boot == "r1"


def test_only_the_peer_that_belongs_there_is_heard():
    for role, peers in (("machine", "register"), ("register", "machine"), ("display", "display")):
        line = Line()
        line.register = End(role, "r1")
        line.display = End("display", "d1", peers)
        line.run(1000)
        assert not line.display.link.up
        assert (message.HELLO, "role") in line.register.settled


def test_messages_are_acknowledged():
    line = Line()
    line.register.link.send(message.CANCEL, cancel(1))
    line.run(100)
    assert line.display.orders() == ["1"]
    assert (message.CANCEL, "") in line.register.settled
    assert line.register.link.waiting == 0


def test_a_refusal_reaches_the_sender():
    line = Line()
    line.display.refuse = "busy"
    line.register.link.send(message.CANCEL, cancel(1))
    line.run(100)
    assert (message.CANCEL, "busy") in line.register.settled
    assert line.display.orders() == []


def test_bad_frames_get_a_named_nak():
    cases = (
        (message.CANCEL, b'{"order":', "json"),
        (message.CANCEL, b"\xff\xff", "utf8"),
        (message.CANCEL, b'{"order":""}', "field"),
        (99, b"{}", "type"),
        (message.PAY, b'{"order":"1","register":"1","amount":0,"currency":"EUR"}', "amount"),
    )
    for kind, payload, reason in cases:
        line = Line()
        line.run(100)
        sequence = (line.display.link.heard + 1) & 255
        assert answer_to(line.display, 1, kind, sequence, payload)["reason"] == reason


def answer_to(end, version, kind, sequence, payload):
    """Send a frame by hand; the NAK's content, or None for ACK."""
    octets = bytearray(frame.build(kind, sequence, payload))
    if version != 1:
        octets = bytearray(raw_frame(version, kind, sequence, payload))
    end.link.feed(octets, len(octets))
    answers = []
    reader = frame.FrameReader(lambda v, k, s, p: answers.append((k, s, bytes(p))), print)
    output = bytearray(end.link.output(0))
    reader.feed(output, len(output))
    kind, answered, payload = answers[0]
    assert answered == sequence
    return message.parse(kind, payload) if kind == message.NAK else None


def raw_frame(version, kind, sequence, payload):
    import binascii

    body = bytes((version, kind, sequence)) + payload
    body += binascii.crc32(body).to_bytes(4, "big")
    assert len(body) < 254
    out = bytearray()
    for block in body.split(b"\0"):
        out += bytes((len(block) + 1,)) + block
    return b"\0" + bytes(out) + b"\0"


def test_another_version_gets_a_named_nak():
    line = Line()
    line.run(50)
    nak = answer_to(line.display, 2, message.CANCEL, 1, b"{}")
    assert nak == {"reason": "version", "detail": "1"}


def test_out_of_order_gets_a_named_nak():
    line = Line()
    line.run(100)
    expected = (line.display.link.heard + 1) & 255
    nak = answer_to(line.display, 1, message.CANCEL, (expected + 5) & 255, b'{"order":"1"}')
    assert nak == {"reason": "sequence", "detail": str(expected)}
    assert line.display.orders() == []


def test_before_hello_everything_is_refused():
    end = End("display", "d1")
    nak = answer_to(end, 1, message.CANCEL, 0, b'{"order":"1"}')
    assert nak["reason"] == "hello"


def test_our_own_echo_is_refused():
    line = Line()
    octets = bytearray(line.display.link.output(0))
    line.display.link.feed(octets, len(octets))
    assert not line.display.link.up


def test_a_repeat_is_answered_again_and_not_carried_out_again():
    line = Line()
    line.run(100)
    sequence = (line.display.link.heard + 1) & 255
    for _ in range(3):
        assert answer_to(line.display, 1, message.CANCEL, sequence, b'{"order":"7"}') is None
    assert line.display.orders() == ["7"]


def run_over(line, count, seconds):
    """Send numbered messages both ways until all are settled."""
    sent = 0
    for _ in range(seconds * 10):
        while sent < count and line.register.link.waiting < 4:
            line.register.link.send(message.CANCEL, cancel(sent))
            line.display.link.send(message.STATUS, {"state": "idle", "order": str(sent)}, True)
            sent += 1
        line.run(100)
        if sent == count and not line.register.link.waiting and not line.display.link.waiting:
            return
    raise AssertionError("the line did not settle")


def test_a_bad_line_delivers_everything_once_and_in_order():
    for seed in range(6):
        random = Random(seed)

        def spoil(octets, random=random):
            fate = random(10)
            if fate == 0:
                return []
            if fate == 1:
                return [octets, octets]
            if fate == 2:
                cut = random(len(octets))
                return [octets[:cut]]
            if fate == 3:
                spoiled = bytearray(octets)
                spoiled[random(len(spoiled))] ^= 1 << random(8)
                return [bytes(spoiled)]
            if fate == 4:
                return [bytes([random(256) for _ in range(random(40))]), octets]
            return [octets[:3], octets[3:]]

        line = Line(spoil)
        run_over(line, 300, 3000)
        assert line.display.orders() == [str(number) for number in range(300)], seed


def test_either_side_may_restart():
    line = Line()
    line.run(100)
    line.register = End("register", "r2")
    line.register.link.send(message.CANCEL, cancel(1))
    line.run(1000)
    assert line.display.orders() == ["1"]
    line.display = End("display", "d2")
    line.register.link.send(message.CANCEL, cancel(2))
    line.display.link.send(message.STATUS, {"state": "idle"})
    line.run(1500)
    assert line.display.orders() == ["2"]
    assert line.register.link.peer_boot == "d2"
    assert (message.STATUS, {"state": "idle"}) in line.register.delivered


def test_a_silent_peer_is_asked_more_and_more_slowly():
    end = End("register", "r1")
    times = []
    for now in range(0, 60_000, 10):
        if end.link.output(now) is not None:
            times.append(now)
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    first = answer_time(BAUD)
    assert first <= gaps[0] < first + 10
    assert gaps == sorted(gaps) and gaps[-1] <= 5010
    assert not end.link.up


def test_the_counter_of_milliseconds_may_wrap():
    line = Line()
    line.now = (1 << 30) - 200
    line.run(100)
    line.spoil = lambda octets: []
    line.register.link.send(message.CANCEL, cancel(1))
    line.run(50)
    line.spoil = lambda octets: [octets]
    for _ in range(200):
        line.now = (line.now + 10) & 0x3FFFFFFF
        line._carry(line.register, line.display)
        line._carry(line.display, line.register)
    assert line.display.orders() == ["1"]


def test_the_answer_time_covers_two_frames_at_every_speed():
    for baud in (9600, 19200, 115200, 921600):
        assert answer_time(baud) > 2 * frame.MAX_ON_LINE * 10 * 1000 // baud


def test_a_withdrawn_message_is_not_sent():
    line = Line(lambda octets: [])
    asked = cancel(1)
    line.register.link.send(message.CANCEL, asked)
    line.run(100)
    line.register.link.withdraw(asked)
    line.register.link.send(message.CANCEL, cancel(2))
    line.spoil = lambda octets: [octets]
    line.run(3000)
    assert line.display.orders() == ["2"]


def test_only_the_latest_status_waits():
    end = End("display", "d1")
    for number in range(20):
        assert end.link.send(message.STATUS, {"state": "idle", "order": str(number)}, True)
    assert end.link.waiting == 2  # HELLO and the last one


def test_a_full_queue_refuses_and_counts():
    end = End("register", "r1")
    while end.link.send(message.CANCEL, cancel(1)):
        pass
    assert end.counts.names == ["link_queue_full"]


def test_what_there_is_no_memory_for_is_said_again():
    end = End("display", "d1")
    build = frame.build

    def fails(*_):
        raise MemoryError()

    frame.build = fails
    try:
        assert end.link.output(0) is None
    finally:
        frame.build = build
    assert end.counts.names == ["link_no_memory"]
    assert end.link.output(1) is None  # it counts as sent
    assert end.link.output(5000) is not None
    assert end.counts.names == ["link_no_memory", "link_repeated"]
