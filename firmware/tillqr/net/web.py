"""The channel to the backend without a broker: POST /ask over HTTP, or HTTPS (PROTOCOL.md, 8).

What reads HTTP is loaded for a question, and let go of when none follows.
"""

import asyncio

from micropython import const

from tillqr.net.server import close
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable

    from tillqr.display import Display
    from tillqr.net.backend import Backend
    from tillqr.net.path import Path
    from tillqr.net.server import Server

_HTTP = "tillqr.net.http"
_DEADLINE_S = const(5)
_LOOK_MS = const(1000)
_OFTEN_S = const(5)  # looks at the backend while it is away
_SELDOM_S = const(60)
_MAX_ERROR = const(500)


class Web:
    """Asks by requests of its own, and knows whether the backend answers."""

    def __init__(
        self,
        server: "Server",
        path: "Path",
        backend: "Backend",
        display: "Display",
        count: "Callable[[str], None]",
    ) -> None:
        """path: says whether there is Wi-Fi and the time; backend: takes answers; display: is told
        when `lacks` or `trouble` is another."""
        self._server = server
        self._path = path
        self._backend = backend
        self._display = display
        self._count = count
        self._kept: "tuple[StreamReader, StreamWriter] | None" = None
        self.lacks = "backend"
        self.trouble = ""

    async def run(self) -> None:
        """See now and then whether the backend is there; for ever."""
        seconds = connections = 0
        while True:
            new = connections != self._path.connections
            pause = _OFTEN_S if self.lacks else _SELDOM_S
            due = new or (seconds >= pause and (self.lacks or self._display.is_calm()))
            if due and self._path.open:
                connections = self._path.connections
                seconds = 0
                try:
                    await self._exchange({})
                except MemoryError:
                    self._count("backend_no_memory")
            await asyncio.sleep_ms(_LOOK_MS)
            seconds += 1

    async def ask(self, attempt: str, question: dict, more: bool = False) -> bool:
        """Put a question about an attempt; whether it was answered. The answer is delivered. more:
        whether another will follow at once, for which the connection is kept: a handshake of TLS
        takes the chip a second."""
        answer = await self._exchange(question, more) if self._path.open else None
        if answer is not None and answer.first[1] == b"200":
            return self._backend.deliver(answer.body) == attempt
        return answer is not None and answer.first[1] == b"202"

    async def let_go(self) -> None:
        """No more questions follow."""
        kept, self._kept = self._kept, None
        unload(_HTTP)
        if kept:
            await close(kept[1])

    def network_changed(self) -> None:
        """Wi-Fi came or went: `run` sees it itself."""

    async def _exchange(self, question: dict, more: bool = False):  # type: ignore[no-untyped-def]
        """Send it and read what comes, a http.Message; None if the backend is not well."""
        answer = None  # type: ignore[var-annotated]
        trouble = "backend_away"
        http = load(_HTTP)
        try:
            answer = await asyncio.wait_for(self._post(http, question, more), _DEADLINE_S)
            if int(answer.first[1]) < _MAX_ERROR:
                trouble = ""
        except (OSError, ValueError, EOFError, asyncio.TimeoutError, http.HttpError) as error:
            trouble = self._server.trouble(error) or trouble
        finally:
            if not self._kept:
                unload(_HTTP)
        if trouble:
            answer = None
            self._count("backend_unreachable")
        self._note(trouble)
        return answer

    def _note(self, trouble: str) -> None:
        if trouble != self.trouble or (self.lacks == "") != (trouble == ""):
            self.trouble = trouble
            self.lacks = "backend" if trouble else ""
            self._display.path_changed()

    async def _post(self, http, question: dict, more: bool):  # type: ignore[no-untyped-def]
        """One request; on the connection that was kept, if there is one and it still serves."""
        kept, self._kept = self._kept, None
        reader, writer = kept or await self._server.open()
        answered = False
        try:
            writer.write(http.request("/ask", self._server.host, question, more))
            await writer.drain()
            answer = await http.read_message(reader)
            answered = True
            return answer
        finally:
            if more and answered:
                self._kept = (reader, writer)
            else:
                await close(writer)
