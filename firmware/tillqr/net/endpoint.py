"""The result endpoint: POST /result takes a receipt, GET /info tells who this is.

At most _CLIENTS connections are open; one more ends the oldest, so idle ones can't shut a
receipt out. Each has _DEADLINE_S seconds for everything.
"""

import asyncio

from micropython import const

from tillqr.net import http

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable

_CLIENTS = const(4)
_DEADLINE_S = const(3)


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

    async def run(self, port: int) -> None:
        """Serve for ever on all addresses."""
        await asyncio.start_server(self._serve, "0.0.0.0", port)
        while True:
            await asyncio.sleep(3600)

    async def _serve(self, reader: "StreamReader", writer: "StreamWriter") -> None:
        if len(self._clients) >= _CLIENTS:
            self._count("http_evicted")
            self._clients.pop(0).cancel()
        task = asyncio.current_task()
        self._clients.append(task)
        try:
            await asyncio.wait_for(self._talk(reader, writer), _DEADLINE_S)
        except asyncio.TimeoutError:
            self._count("http_timeout")
        except asyncio.CancelledError:
            pass  # evicted
        except OSError:
            self._count("http_broken")
        finally:
            if task in self._clients:
                self._clients.remove(task)
            writer.close()

    async def _talk(self, reader: "StreamReader", writer: "StreamWriter") -> None:
        try:
            status, answer = self._answer(await http.read_message(reader))
        except http.HttpError as error:
            self._count("http_refused")
            status, answer = error.status, {"error": error.name}
        writer.write(http.response(status, answer))
        await writer.drain()

    def _answer(self, message: http.Message) -> "tuple[int, dict]":
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
        if message.media_type != b"application/json":
            raise http.HttpError(415, "not_json")
        return self._accept(message.body)
