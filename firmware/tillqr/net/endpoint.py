"""The result endpoint: POST /result takes a receipt, GET /info tells who this is.

At most _CLIENTS connections are open. One more ends the oldest, so idle ones can't shut a receipt
out; but none that has only just come, which would be a receipt's fate in a rush: then the
newcomer is turned away, and comes again. Each has _DEADLINE_MS for everything.

A receipt comes here seldom: what reads HTTP is loaded for a client, and let go of when there is
none.
"""

import asyncio
import time

from micropython import const

from tillqr.net.server import close
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable

_HTTP = "tillqr.net.http"
_CLIENTS = const(4)
_DEADLINE_MS = const(3000)
_YOUNG_MS = const(250)
_CHECK_MS = const(250)


class Endpoint:
    """A bounded HTTP server for one resource each way."""

    def __init__(
        self,
        accept: "Callable[[bytes], tuple[int, dict]]",
        info: "Callable[[], dict]",
        count: "Callable[[str], None]",
    ) -> None:
        """accept(body) judges a receipt: status and answer; info() is what GET /info says."""
        self._accept = accept
        self._info = info
        self._count = count
        self._clients: list = []
        self._served = False
        """Whether what a client needs was loaded, and may be there yet."""

    async def run(self, port: int) -> None:
        """Serve for ever on all addresses, and end what takes too long."""
        await asyncio.start_server(self._serve, "0.0.0.0", port)
        while True:
            await asyncio.sleep_ms(_CHECK_MS)
            while self._clients and self._age(0) > _DEADLINE_MS:
                self._count("http_timeout")
                self._end_oldest()
            if self._served and not self._clients:
                self._served = False
                unload(_HTTP)

    def _age(self, index: int) -> int:
        """Milliseconds that a connection has been open."""
        return time.ticks_diff(time.ticks_ms(), self._clients[index][1])

    def _end_oldest(self) -> None:
        self._clients.pop(0)[0].cancel()

    async def _serve(self, reader: "StreamReader", writer: "StreamWriter") -> None:
        client = (asyncio.current_task(), time.ticks_ms())
        try:
            if self._make_room():
                self._clients.append(client)
                await self._talk(reader, writer)
        except asyncio.CancelledError:
            pass  # ended to make room, or for taking too long
        except MemoryError:
            self._count("http_no_memory")
        except OSError:
            self._count("http_broken")
        finally:
            if client in self._clients:
                self._clients.remove(client)
            await close(writer)

    def _make_room(self) -> bool:
        """End the oldest connection if there are too many; False if it is too young for that."""
        if len(self._clients) < _CLIENTS:
            return True
        if self._age(0) < _YOUNG_MS:
            self._count("http_turned_away")
            return False
        self._count("http_evicted")
        self._end_oldest()
        return True

    async def _talk(self, reader: "StreamReader", writer: "StreamWriter") -> None:
        http = load(_HTTP)
        self._served = True
        try:
            status, answer = self._answer(http, await http.read_message(reader))
        except http.HttpError as error:
            self._count("http_refused")
            status, answer = error.status, {"error": error.name}
        writer.write(http.response(status, answer))
        await writer.drain()

    def _answer(self, http, message) -> "tuple[int, dict]":  # type: ignore[no-untyped-def]
        method, path, version = message.first
        if version not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise http.HttpError(400, "malformed")
        if path == b"/info":
            if method != b"GET":
                raise http.HttpError(405, "wrong_method")
            return 200, self._info()
        if path != b"/result":
            raise http.HttpError(404, "no_such_path")
        if method != b"POST":
            raise http.HttpError(405, "wrong_method")
        if message.length < 0:
            raise http.HttpError(411, "no_length")
        if message.media_type not in (b"application/json", b"text/plain"):
            raise http.HttpError(415, "not_json")
        return self._accept(message.body)
