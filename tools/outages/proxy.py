"""A TCP relay between two parties that fails as networks do: cut, frozen, dead, or not there."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Literal

from host_sim.service import LOOPBACK, free_port

Way = Literal["up", "down"]
"""From who connects, or to it."""
_CHUNK = 4096
_NO_LINGER = struct.pack("ii", 1, 0)


def _carried(_: Way) -> bool:
    """All goes on, when nobody asks."""
    return True


class Proxy:
    """A port of its own, whose connections go on to another one."""

    def __init__(self, to: int) -> None:
        """to: the port that connections go on to."""
        self.port = free_port()
        self._to = to
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._left: dict[Way, int] = {}
        self.on_piece: Callable[[Way], bool] = _carried
        """Asked when something is about to go on, which way; False loses it. What was sent by one
        call mostly comes as one piece."""

    async def accept(self) -> None:
        """Take connections from now on."""
        self._server = await asyncio.start_server(self._relay, LOOPBACK, self.port)

    def refuse(self) -> None:
        """End all connections, and refuse new ones until `accept`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """End all connections by RST, at once."""
        self._left.clear()
        for pair in tuple(self._pairs):
            pair.reset()

    def cut_after(self, way: Way, size: int) -> None:
        """Cut when so many more bytes have gone that way."""
        self._left[way] = size

    def freeze(self) -> None:
        """Accept connections, and keep them, but forward nothing until `thaw`."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Forward again, first what came meanwhile."""
        self._flowing.set()

    def bury(self) -> None:
        """Forward nothing any more on the present connections; neither side is told."""
        for pair in self._pairs:
            pair.dead = True

    def end_dead(self) -> int:
        """Cut those that are dead; how many there were."""
        dead = [pair for pair in self._pairs if pair.dead]
        for pair in dead:
            pair.reset()
        return len(dead)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection(LOOPBACK, self._to)
        except OSError:
            _reset(writer)
            return
        pair = _Pair(self, (reader, writer), there)
        self._pairs.add(pair)
        with contextlib.suppress(asyncio.CancelledError):  # it was reset
            await pair.run()
        self._pairs.discard(pair)

    async def gate(self, pair: "_Pair") -> None:
        """Wait until a connection may forward; for ever if it is dead."""
        while pair.dead or not self._flowing.is_set():
            if pair.dead:
                await asyncio.Event().wait()
            await self._flowing.wait()

    def allowed(self, way: Way, size: int) -> int:
        """How many of so many bytes may go before the cut."""
        if way not in self._left:
            return size
        allowed = min(size, self._left[way])
        self._left[way] -= allowed
        return allowed


_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Pair:
    """One connection, and the one that it goes on by."""

    def __init__(self, proxy: Proxy, here: _Stream, there: _Stream) -> None:
        self._proxy = proxy
        self._here = here
        self._there = there
        self._task = asyncio.current_task()
        self.dead = False

    async def run(self) -> None:
        """Forward both ways until one side ends."""
        try:
            await asyncio.gather(
                self._forward("up", self._here[0], self._there[1]),
                self._forward("down", self._there[0], self._here[1]),
            )
        except OSError:
            self._abort()
        finally:
            for _, writer in (self._here, self._there):
                writer.close()

    def reset(self) -> None:
        """End it on both sides by RST."""
        self._abort()
        if self._task is not None:
            self._task.cancel()

    def _abort(self) -> None:
        _reset(self._here[1])
        _reset(self._there[1])

    async def _forward(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(_CHUNK):
            await self._proxy.gate(self)
            if not self._proxy.on_piece(way):
                continue
            allowed = self._proxy.allowed(way, len(data))
            writer.write(data[:allowed])
            await writer.drain()
            if allowed < len(data):
                self._proxy.cut()
        await self._proxy.gate(self)
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    held: socket.socket | None = writer.get_extra_info("socket")
    if held is not None:
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()
