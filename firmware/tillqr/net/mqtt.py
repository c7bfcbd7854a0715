"""An MQTT 3.1.1 client (OASIS Standard, 29 October 2014) on asyncio.

One owner of the connection: `run` connects, subscribes, sends, receives, and does it again when
the connection breaks, with pauses that grow and are shortened at random. The session is kept by
the broker (clean session 0), so what is sent with QoS 1 meanwhile comes later. Every length is
bounded, and so is what waits to be sent.
"""

import asyncio
import random
import time

from micropython import const

from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Coroutine

_PUBLISH = const(3)
_PUBACK = const(4)
_PINGRESP = const(13)
_PINGREQ = b"\xc0\x00"
QOS_0 = const(0x30)
QOS_1 = const(0x32)
RETAINED = const(0x33)
_DUPLICATE = const(8)
MAX_PAYLOAD = const(1024)
"""Bytes of a message at most; of a larger one only its topic is told."""
_MAX_PACKET = const(1152)  # bytes of a packet that are kept, behind its fixed header
_PIECE = const(256)
_MAX_WAITING = const(8)
_MAX_ACKS = const(64)  # bytes
_OPEN_S = const(10)
_FIRST_PAUSE_MS = const(500)
KEEPALIVE_S = const(30)
_GREETING = "tillqr.net.mqtt_greeting"
_HURRIED_MS = const(2000)
_STEP_MS = const(250)


class MqttError(Exception):
    """The connection can't be used: "broken", "silent", "refused" by the broker, or there was
    "no_memory" for what came: a message that was not acknowledged comes again in the next one."""


class Client:
    """A client with one persistent session."""

    def __init__(
        self,
        identifier: str,
        user: str,
        password: str,
        topics: "list[tuple[str, int]]",
        will: "tuple[str, bytes]",
        open_stream: "Callable[[], Coroutine]",
        take: "Callable[[str, bytes | None], bool]",
        changed: "Callable[[Exception | None], None]",
        longest_pause: "Callable[[], int]",
    ) -> None:
        """topics: what to subscribe to, with the QoS of each; will: topic and payload, retained;
        password: "" for no user name at all. open_stream() is a coroutine of (reader, writer);
        take(topic, payload) returns whether the message is stored, as it is acknowledged then
        (payload: None of one that is too large); changed(error) is told of each connection (None),
        and of what ended it or was in its way, with `connected` as it was till then;
        longest_pause(): milliseconds, below 5,000 when somebody waits: then silence is noticed
        sooner too."""
        self.login = (identifier, user, password, will)
        self.topics = topics
        self._open_stream = open_stream
        self._take = take
        self._changed = changed
        self._longest_pause = longest_pause
        self._waiting: "list[tuple[bytes, bytes, bytes]]" = []
        """Packets to be sent: topic, packet identifier (none with QoS 0), and the whole."""
        self._acks = b""
        self._work = asyncio.Event()
        self._number = 0
        self._sent = False
        self._duplicate = False
        self._pinged = False
        self._error: "Exception | None" = None
        self._pinged_at = 0
        self._hurried = False
        self.retained = False
        """Whether the message that is taken was kept by the broker from before."""
        self.connected = False

    def publish(self, topic: str, payload: bytes, kind: int = QOS_1) -> bool:
        """Send now or when connected; False if too many wait already. kind: QOS_0 of what need not
        arrive, QOS_1, or RETAINED with that."""
        name = field(topic.encode())
        if kind == RETAINED:
            self._forget(name)
        if len(self._waiting) >= _MAX_WAITING:
            return False
        self._number = self._number % 65535 + 1
        number = b"" if kind == QOS_0 else self._number.to_bytes(2, "big")
        whole = packet(kind, name, number, payload)
        self._waiting.append((name, number, whole))
        self._work.set()
        return True

    def _forget(self, name: bytes) -> None:
        """Drop what waits for the same topic, and was never sent: only the latest state counts."""
        for index in range(len(self._waiting) - 1, 0 if self._duplicate else -1, -1):
            waiting = self._waiting[index]
            if waiting[0] == name and waiting[2][0] == RETAINED:
                self._waiting.pop(index)

    async def run(self) -> None:
        """Be connected, for ever."""
        pause = _FIRST_PAUSE_MS
        while True:
            error = await self._session()
            if self.connected:
                pause = _FIRST_PAUSE_MS
            self._changed(error)
            self.connected = False
            pause = min(pause, self._longest_pause())
            await self._rest(pause - random.getrandbits(8) * pause // 1024)
            pause *= 2

    async def _rest(self, pause: int) -> None:
        """Wait before the next try; less long if `hurry` was called, or somebody waits by now."""
        while pause > 0 and not self._hurried:
            await asyncio.sleep_ms(min(pause, _STEP_MS))
            pause = min(pause - _STEP_MS, self._longest_pause())
        self._hurried = False

    def hurry(self) -> None:
        """A try may succeed by now: make the next one at once."""
        self._hurried = True

    def end(self) -> None:
        """The network is gone: end the connection, which would not hear of it for long."""
        self._fail(OSError("no network"))

    async def _session(self) -> Exception:
        """One connection, from start to end; what ended it."""
        self._acks = b""  # those of the last connection: its numbers may mean others now
        writer: "StreamWriter | None" = None
        receiver: "asyncio.Task | None" = None
        try:
            reader, writer = await self._connect()
            await self._greet(reader, writer)
            self.connected = True
            self._changed(None)
            receiver = asyncio.create_task(self._receive(reader))
            while True:
                await self._send(writer)
        except (OSError, ValueError, EOFError, asyncio.TimeoutError, MqttError) as error:
            return error
        except MemoryError:
            return MqttError("no_memory")
        finally:
            if receiver:
                receiver.cancel()
            if writer:
                await _close(writer)

    async def _connect(self) -> "tuple[StreamReader, StreamWriter]":
        return await asyncio.wait_for(self._open_stream(), _OPEN_S)

    async def _greet(self, reader: "StreamReader", writer: "StreamWriter") -> None:
        """Begin the connection."""
        try:
            await asyncio.wait_for(load(_GREETING).greet(self, reader, writer), _OPEN_S)
        finally:
            unload(_GREETING)
        self._sent = self._pinged = False
        self._error = None
        self._pinged_at = time.ticks_ms()

    # Out: one task writes, as a stream can wait for one writer only.

    async def _send(self, writer: "StreamWriter") -> None:
        """Write what there is to write, and now and then a ping; wait for more."""
        self._work.clear()
        if self._error:
            raise self._error
        self._ping(writer)
        self._write(writer)
        await asyncio.wait_for(writer.drain(), _OPEN_S)
        if self._waiting and not self._sent:
            return
        try:
            await asyncio.wait_for(self._work.wait(), max(0, min(self._left(), _HURRIED_MS)) / 1000)
        except asyncio.TimeoutError:
            pass

    def _left(self) -> int:
        """Milliseconds until a ping, or until its answer is too late. What was published is a ping
        too; and somebody may begin to wait meanwhile."""
        hurried = self._longest_pause() < 5000
        patience = _HURRIED_MS if hurried else KEEPALIVE_S * 500
        return patience - time.ticks_diff(time.ticks_ms(), self._pinged_at)

    def _write(self, writer: "StreamWriter") -> None:
        if self._acks:
            acks, self._acks = self._acks, b""
            writer.write(acks)
        if self._waiting and not self._sent:
            _, number, packet = self._waiting[0]
            if number:
                if self._duplicate:
                    packet = bytes((packet[0] | _DUPLICATE,)) + packet[1:]
                self._sent = self._duplicate = self._pinged = True
                self._pinged_at = time.ticks_ms()
            else:
                self._waiting.pop(0)
            writer.write(packet)

    def _ping(self, writer: "StreamWriter") -> None:
        """Ask for a sign of life, if it is time; nothing may have come since the last time."""
        if self._left() > 0:
            return
        if self._pinged:
            raise MqttError("silent")
        self._pinged = True
        self._pinged_at = time.ticks_ms()
        writer.write(_PINGREQ)

    # In.

    async def _receive(self, reader: "StreamReader") -> None:
        try:
            while True:
                kind, body = await read_packet(reader)
                self._pinged = False
                self.handle(kind, body)
                while len(self._acks) > _MAX_ACKS:
                    await asyncio.sleep_ms(10)  # no more until what came is acknowledged
        except (OSError, ValueError, EOFError, MqttError) as error:
            self._fail(error)
        except MemoryError:
            self._fail(MqttError("no_memory"))

    def _fail(self, error: Exception) -> None:
        """Have the session end with an error."""
        self._error = error
        self._work.set()

    def handle(self, kind: int, body: bytes) -> None:
        if kind >> 4 == _PUBLISH:
            self._take_message(kind, body)
        elif kind >> 4 == _PUBACK:
            self._acknowledged(body)
        elif kind >> 4 != _PINGRESP:
            raise MqttError("broken")

    def _take_message(self, kind: int, body: bytes) -> None:
        start = 2 + int.from_bytes(body[:2], "big")
        quality = kind >> 1 & 3
        payload = start + 2 if quality else start
        if quality > 1 or len(body) < payload:
            raise MqttError("broken")
        topic = str(body[2:start], "utf-8")  # UnicodeError is a ValueError
        self.retained = kind & 1 > 0
        whole = len(body) - payload <= MAX_PAYLOAD
        if not self._take(topic, body[payload:] if whole else None):
            raise MqttError("broken")  # the broker sends it again in the next connection
        if quality:
            self._acks += b"\x40\x02" + body[start:payload]
            self._work.set()

    def _acknowledged(self, body: bytes) -> None:
        if self._sent and self._waiting and self._waiting[0][1] == body:
            self._waiting.pop(0)
            self._sent = self._duplicate = False
            self._work.set()


async def read_packet(reader: "StreamReader") -> "tuple[int, bytes]":
    """A packet's first byte, and what is behind its fixed header."""
    kind, byte = await reader.readexactly(2)
    size, shift = byte & 127, 7
    while byte > 127:
        if shift > 14:
            raise MqttError("broken")
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 127) << shift
        shift += 7
    body = await reader.readexactly(min(size, _MAX_PACKET)) if size else b""
    size -= len(body)
    while size:  # too large: it is passed over
        size -= len(await reader.readexactly(min(size, _PIECE)))
    return kind, body


async def _close(writer: "StreamWriter") -> None:
    """Close: CPython does it in close, MicroPython in wait_closed."""
    try:
        writer.close()
        await writer.wait_closed()
    except OSError:
        pass  # the peer was faster


def packet(kind: int, *parts: bytes) -> bytes:
    """A whole packet; the parts have at most _MAX_PACKET bytes."""
    size = sum(map(len, parts))
    head = bytes((kind, size) if size < 128 else (kind, size & 127 | 128, size >> 7))
    return b"".join((head,) + parts)


def field(data: bytes) -> bytes:
    """A length of two bytes, and the bytes (1.5.3)."""
    return len(data).to_bytes(2, "big") + data
