"""The MQTT client against a broker that is a script: packets as MQTT 3.1.1 has them, bounds, and
what becomes of a connection."""

import asyncio

from tillqr.net.mqtt import MAX_PAYLOAD, QOS_0, RETAINED, Client

CONNACK = b"\x20\x02\x01\x00"
SUBACK = b"\x90\x04\xff\xff\x01\x01"


class Stream:
    """Both ends of a connection: what the client reads, and what it has written."""

    def __init__(self, script):
        self.incoming = script
        self.written = b""
        self.more = asyncio.Event()
        self.closed = False

    def feed(self, data):
        self.incoming += data
        self.more.set()

    def end(self):
        self.closed = True
        self.more.set()

    async def readexactly(self, size):
        while len(self.incoming) < size:
            if self.closed:
                raise EOFError()
            self.more.clear()
            await self.more.wait()
        data, self.incoming = self.incoming[:size], self.incoming[size:]
        return data

    def write(self, data):
        self.written += data

    async def drain(self):
        pass

    def close(self):
        self.end()

    async def wait_closed(self):
        pass

    def packets(self):
        """What the client has written, as (first byte, body)."""
        found, data = [], self.written
        while data:
            size, at, shift = 0, 1, 0
            while True:
                size |= (data[at] & 127) << shift
                shift += 7
                at += 1
                if data[at - 1] < 128:
                    break
            found.append((data[0], data[at : at + size]))
            data = data[at + size :]
        return found


class Script:
    """A client whose connections are streams made by the test."""

    def __init__(self, *scripts, stored=True):
        self.streams = [Stream(script) for script in scripts]
        self.opened = 0
        self.messages = []
        self.changes = []
        self.stored = stored
        self.without_memory = 0
        """How often there is none for a stream or a message."""
        self.client = Client(
            "tillqr-D1",
            "D1",
            "secret",
            [("a/b", 1), ("c", 0)],
            ("s", b"gone"),
            self._open,
            self._take,
            self._changed,
            lambda: 20,
        )
        self.task = None

    def _need_memory(self):
        if self.without_memory:
            self.without_memory -= 1
            raise MemoryError()

    async def _open(self):
        self._need_memory()
        if self.opened == len(self.streams):
            raise OSError(111)
        self.opened += 1
        return self.streams[self.opened - 1], self.streams[self.opened - 1]

    def _take(self, topic, payload):
        self._need_memory()
        self.messages.append((topic, payload))
        return self.stored

    def _changed(self, error):
        self.changes.append(repr(error) if error else "")

    async def until(self, ready):
        for _ in range(400):
            if ready():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it did not come about")

    async def run(self, test):
        self.task = asyncio.create_task(self.client.run())
        try:
            await test(self)
        finally:
            self.task.cancel()


def publish(topic, payload, number=7, first=0x32):
    body = len(topic).to_bytes(2, "big") + topic.encode()
    body += (number.to_bytes(2, "big") if first & 6 else b"") + payload
    size = (
        bytes((len(body),)) if len(body) < 128 else bytes((len(body) & 127 | 128, len(body) >> 7))
    )
    return bytes((first,)) + size + body


def test_it_introduces_itself_and_subscribes():
    async def test(script):
        await script.until(lambda: script.client.connected)
        (first, connect), (second, subscribe) = script.streams[0].packets()[:2]
        assert (first, second) == (0x10, 0x82)
        assert connect[:10] == b"\0\4MQTT\4\xec\0\x1e", "3.1.1, a kept session, a retained will"
        assert connect[10:] == b"\0\x09tillqr-D1\0\1s\0\4gone\0\2D1\0\6secret"
        assert subscribe == b"\xff\xff\0\3a/b\1\0\1c\0"
        assert script.changes == [""]

    asyncio.run(Script(CONNACK + SUBACK).run(test))


def test_a_message_is_acknowledged_when_it_is_stored():
    async def test(script):
        script.streams[0].feed(publish("a/b", b"x", 258) + publish("c", b"y", 0, 0x30))
        await script.until(lambda: len(script.messages) == 2)
        assert script.messages == [("a/b", b"x"), ("c", b"y")]
        await script.until(lambda: b"\x40\x02\x01\x02" in script.streams[0].written)
        assert len([one for one in script.streams[0].packets() if one[0] == 0x40]) == 1

    asyncio.run(Script(CONNACK + SUBACK).run(test))


def test_what_is_not_stored_is_not_acknowledged():
    async def test(script):
        await script.until(lambda: script.opened == 2)
        assert script.streams[0].packets()[-1][0] != 0x40
        assert script.client.connected or len(script.changes) >= 2

    script = Script(CONNACK + SUBACK + publish("a/b", b"x"), CONNACK + SUBACK, stored=False)
    asyncio.run(script.run(test))


def test_what_there_is_no_memory_for_comes_again():
    """The session ends: a receiver that died unnoticed would leave it open, and deaf."""

    async def test(script):
        await script.until(lambda: script.client.connected)
        script.without_memory = 1
        script.streams[0].feed(publish("a/b", b"x"))
        await script.until(lambda: b"\x40\x02\x00\x07" in script.streams[1].written)
        assert "no_memory" in script.changes[1]
        assert script.streams[0].packets()[-1][0] != 0x40 and script.messages == [("a/b", b"x")]

    again = CONNACK + SUBACK + publish("a/b", b"x", first=0x3A)
    asyncio.run(Script(CONNACK + SUBACK, again).run(test))


def test_a_session_that_finds_no_memory_is_begun_again():
    async def test(script):
        await script.until(lambda: script.client.connected)
        assert "no_memory" in script.changes[0] and script.opened == 1

    script = Script(CONNACK + SUBACK)
    script.without_memory = 1
    asyncio.run(script.run(test))


def test_an_acknowledgement_stays_in_its_connection():
    async def test(script):
        script.streams[0].incoming += publish("a/b", b"x", 5)
        script.streams[0].end()
        await script.until(lambda: script.opened == 2 and script.client.connected)
        await asyncio.sleep(0.05)
        assert not [one for one in script.streams[1].packets() if one[0] == 0x40]

    asyncio.run(Script(CONNACK + SUBACK, CONNACK + SUBACK).run(test))


def test_what_was_not_acknowledged_is_sent_again():
    async def test(script):
        assert script.client.publish("q", b"one") and script.client.publish("q", b"two")
        await script.until(lambda: (0x32, b"\0\1q\0\1one") in script.streams[0].packets())
        assert (0x32, b"\0\1q\0\2two") not in script.streams[0].packets(), "one at a time"
        script.streams[0].end()
        await script.until(lambda: (0x3A, b"\0\1q\0\1one") in script.streams[1].packets())
        script.streams[1].feed(b"\x40\x02\x00\x09" + b"\x40\x02\x00\x01")
        await script.until(lambda: (0x32, b"\0\1q\0\2two") in script.streams[1].packets())

    asyncio.run(Script(CONNACK + SUBACK, CONNACK + SUBACK).run(test))


def test_what_need_not_arrive_is_sent_once():
    async def test(script):
        script.client.publish("q", b"one", QOS_0)
        script.client.publish("q", b"two", QOS_0)
        script.client.publish("q", b"three")
        sent = [(0x30, b"\0\1qone"), (0x30, b"\0\1qtwo"), (0x32, b"\0\1q\0\3three")]
        await script.until(lambda: script.streams[0].packets()[-3:] == sent)
        script.streams[0].end()
        again = (0x3A, b"\0\1q\0\3three")
        await script.until(lambda: again in script.streams[1].packets())
        assert not [one for one in script.streams[1].packets() if one[0] == 0x30]

    asyncio.run(Script(CONNACK + SUBACK, CONNACK + SUBACK).run(test))


def test_what_waits_is_bounded_and_only_the_latest_state_waits():
    async def test(script):
        client = script.client
        for number in range(20):
            assert client.publish("status", b"%d" % number, RETAINED)
        count = 0
        while client.publish("q", b"x"):
            count += 1
        assert count == 7
        await script.until(
            lambda: (0x33, b"\0\6status\0\x14" + b"19") in script.streams[0].packets()
        )

    asyncio.run(Script(CONNACK + SUBACK).run(test))


def test_large_messages_are_passed_over():
    async def test(script):
        feed = script.streams[0].feed
        feed(publish("a/b", b"x" * MAX_PAYLOAD) + publish("a/b", b"x" * (MAX_PAYLOAD + 1), 8))
        feed(publish("a/b", b"x" * 16000, 9) + publish("c", b"after", 10))
        await script.until(lambda: len(script.messages) == 4)
        assert [len(payload or b"") for _, payload in script.messages] == [MAX_PAYLOAD, 0, 0, 5]
        assert [payload is None for _, payload in script.messages] == [False, True, True, False]
        await script.until(lambda: b"\x40\x02\x00\x0a" in script.streams[0].written)
        assert b"\x40\x02\x00\x09" in script.streams[0].written

    asyncio.run(Script(CONNACK + SUBACK).run(test))


def test_what_is_no_mqtt_ends_the_connection():
    for wrong in (
        b"HTTP/1.1 400 Bad Request\r\n" + b"x" * 90,
        b"\x20\x02\x00\x05",  # not authorized
        CONNACK + b"\x90\x04\xff\xff\x80\x01",  # may not subscribe
        CONNACK + SUBACK + b"\xf0\x00",
        CONNACK + SUBACK + b"\x34\x05\x00\x01c\x00\x01",  # QoS 2
        CONNACK + SUBACK + b"\x32\x02\x00\x09",  # a topic longer than the packet
        CONNACK + SUBACK + b"\x30\xff\xff\xff\xff\x7f",  # no length
        CONNACK + SUBACK + b"\x30\x03\x00\x01\xff",  # a topic that is no UTF-8
    ):

        async def test(script):
            await script.until(lambda: script.changes and script.changes[-1] != "")
            assert not script.client.connected and script.messages == []

        asyncio.run(Script(wrong).run(test))


def test_a_broker_that_refuses_is_told_from_one_that_is_away():
    async def refused(script):
        await script.until(lambda: len(script.changes) >= 2)
        assert "refused" in script.changes[0] and "111" in script.changes[1]

    asyncio.run(Script(b"\x20\x02\x00\x04").run(refused))
