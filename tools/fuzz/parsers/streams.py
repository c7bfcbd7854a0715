"""What comes by the network: HTTP both ways, MQTT, the time; neutral.

The first byte of an input says in what pieces the rest comes.
"""

import asyncio
import binascii

from tillqr.net import http, mqtt, sntp
from tillqr.net import web as channels
from tillqr.net.endpoint import Endpoint
from tillqr.net.server import Server

from tools.fuzz.parsers import Broken, Parser, demand, shape
from tools.fuzz.parsers.words import ATTEMPTS, Channel

_MOST_AT_ONCE = 1152
"""Bytes that any reader may ask a stream for."""
_TOPICS = ("till/D1/result", "till/D1/answer")
_PUBLISHED = ("till/D1/charge", b"{}")
_RELEASED = 1795478400

# Its own: on CPython asyncio.run leaves none behind.
_LOOP = asyncio.new_event_loop()


class Stream:
    """Both ends of a connection: it gives bytes in odd pieces, and then its end."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._size = octets[0] % 64 + 1 if octets else 1
        self._at = 1
        self._reads = 0
        self.taken = 0
        """Bytes that were read."""
        self.written = 0
        self.acknowledged = 0
        """PUBACK packets that were written."""

    def _count(self, size: int) -> None:
        self._reads += 1
        demand(size <= _MOST_AT_ONCE, "asks for {} bytes at once".format(size))
        demand(self._reads <= 2 * len(self._octets) + 16, "reads without end")

    async def read(self, size: int) -> bytes:
        """Some bytes."""
        self._count(size)
        return self._next(min(size, self._size))

    async def readexactly(self, size: int) -> bytes:
        """So many bytes, now or when others had their turn."""
        self._count(size)
        if self._reads % self._size == 0:
            await asyncio.sleep(0)
        data = self._next(size)
        if len(data) < size:
            raise EOFError
        return data

    def _next(self, size: int) -> bytes:
        data = self._octets[self._at : self._at + size]
        self._at += len(data)
        self.taken += len(data)
        return data

    def write(self, data: bytes) -> None:
        """Take what is sent."""
        self.written += len(data)
        if data[:2] == b"\x40\x02":
            self.acknowledged += len(data) // 4

    async def drain(self) -> None:
        """It is always sent at once."""

    def close(self) -> None:
        """Nothing is kept."""

    async def wait_closed(self) -> None:
        """Nothing is kept."""


def finish(coroutine):  # type: ignore[no-untyped-def]
    """What a coroutine returns."""
    return _LOOP.run_until_complete(coroutine)


def requests(octets: bytes) -> str:
    """A message as the board's readers of HTTP take it."""
    stream = Stream(octets)
    try:
        message = finish(http.read_message(stream))  # type: ignore[arg-type]
    except http.HttpError as error:
        demand(400 <= error.status < 600, "no status")
        return "{} {}".format(error.status, error.name)
    demand(len(message.body) == max(0, message.length), "its length is not what it says")
    demand(len(message.body) <= http.MAX_BODY, "its body is too long")
    demand(stream.taken <= 1024 + 256 + http.MAX_BODY, "more was read than may be")
    parts = [len(part) for part in message.first]
    return "{} {:08x} {}".format(parts, binascii.crc32(message.body), len(message.media_type))


class _Port:
    """The result endpoint, and how many of its answers had each status."""

    def __init__(self) -> None:
        self._served: list = []
        self._channel = Channel()
        endpoint = Endpoint(self._accept, lambda: {"device": "D1"}, self._count)
        finish(self._capture(endpoint))

    def _accept(self, body: bytes) -> "tuple[int, dict]":
        return self._channel.accept(body)

    def _count(self, name: str) -> None:
        self._channel.counts(name)

    async def _capture(self, endpoint: Endpoint) -> None:
        """What the endpoint does with a connection, which only its server would be told."""
        start_server = asyncio.start_server

        async def take(serve, *_) -> None:  # type: ignore[no-untyped-def]
            self._served.append(serve)

        asyncio.start_server = take  # type: ignore[assignment]
        task = asyncio.create_task(endpoint.run(80))
        while not self._served:
            await asyncio.sleep(0)
        task.cancel()
        asyncio.start_server = start_server

    def said(self, octets: bytes) -> str:
        """What became of a connection with a book of its own."""
        self._channel = Channel()
        stream = Stream(octets)
        finish(self._served[0](stream, stream))
        demand(stream.written > 0, "a request has no answer")
        return "{} {}".format(stream.written, self._channel.counts.words())


_ports: list = []


def endpoint(octets: bytes) -> str:
    """A connection to the result endpoint: it is answered whatever comes."""
    if not _ports:
        _ports.append(_Port())
    return _ports[0].said(octets)


class _Away(Server):
    """A backend whose answer is given."""

    def __init__(self, octets: bytes) -> None:
        super().__init__("http://backend.example", 80, None, None)  # type: ignore[arg-type]
        self._stream = Stream(octets)

    async def open(self):  # type: ignore[no-untyped-def]
        """Both ends."""
        return self._stream, self._stream


class _Open:
    """A path that is open."""

    open = True
    connections = 1


def _nothing(*_: str) -> None:
    pass


def web(octets: bytes) -> str:
    """The answer to a question that was asked by HTTP."""
    channel = Channel()
    channels.unload = _nothing  # what reads HTTP stays: it isn't what takes memory here
    asker = channels.Web(_Away(octets), _Open(), channel.backend, channel, channel.counts)  # type: ignore
    answered = finish(asker.ask(ATTEMPTS[0][0], {"attempt": ATTEMPTS[0][0]}))
    return "{} {} {}".format(answered, asker.lacks, channel.counts.words())


class _Over(Exception):
    """The connection has ended; one is enough."""


class _Session:
    """An MQTT client and what it took from one connection."""

    def __init__(self, octets: bytes) -> None:
        self._stream = Stream(octets)
        self._sum = self._wanted = self._number = 0
        self._end = ""
        self._client = mqtt.Client(
            *(
                "tillqr-D1",
                "D1",
                "secret",
                [(one, 1) for one in _TOPICS],
                ("till/D1/status", b"gone"),
            ),
            *(self._open, self._take, self._changed, lambda: 20),
        )
        self._client.publish(*_PUBLISHED)

    async def _open(self):  # type: ignore[no-untyped-def]
        return self._stream, self._stream

    def _take(self, topic: str, payload: "bytes | None") -> bool:
        demand(payload is None or len(payload) <= mqtt.MAX_PAYLOAD, "a message is too long")
        self._number += 1
        self._sum = binascii.crc32(topic.encode() + (payload or b"\0none"), self._sum)
        return topic in _TOPICS

    def _changed(self, error: "Exception | None") -> None:
        if error is not None:
            named = isinstance(error, mqtt.MqttError)
            self._end = error.args[0] if named else "ended"
            raise _Over

    def said(self) -> str:
        """What came of it."""
        try:
            finish(self._client.run())
        except _Over:
            demand(self._stream.acknowledged <= self._number, "it acknowledged what it never took")
            return "{} {} {:08x}".format(self._end, self._number, self._sum)
        raise Broken("a client has stopped")


def broker(octets: bytes) -> str:
    """All that a broker says in one connection."""
    mqtt.unload = _nothing  # what begins it stays: it isn't what takes memory here
    return _Session(octets).said()


def times(octets: bytes) -> str:
    """A time server's answer; the first eight bytes are what was asked."""
    seconds = sntp.checked(octets[8:56], octets[:8])
    demand(seconds == 0 or seconds >= _RELEASED, "a time before this firmware")
    return shape(seconds)


PARSERS = {
    "requests": Parser(requests, 1024 + 256 + http.MAX_BODY, 20),
    "endpoint": Parser(endpoint, 1024 + 256 + http.MAX_BODY, 40),
    "web": Parser(web, 1024 + 256 + http.MAX_BODY, 40),
    "broker": Parser(broker, _MOST_AT_ONCE, 40),
    "times": Parser(times, 48, 40),
}
