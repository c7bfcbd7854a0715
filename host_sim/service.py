"""What the bench serves over HTTP and HTTPS, on loopback, inside its own event loop."""

import asyncio
import collections
import contextlib
import secrets
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_000)
_HELD: "collections.deque[socket.socket]" = collections.deque(maxlen=64)


def free_port() -> int:
    """A TCP port that whoever is told it may serve on, also much later; nobody else is given it.

    It isn't one of those that the system gives to connections. Of this process the last 64 are
    held: by a socket that is bound and never listens, beside which only one with SO_REUSEADDR can
    be bound, as all servers' are, and no other of these.
    """
    while True:
        held = socket.socket()
        try:
            held.bind((LOOPBACK, secrets.choice(_PORTS)))
        except OSError:
            held.close()
            continue
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # now: see above
        if len(_HELD) == _HELD.maxlen:
            _HELD.popleft().close()
        _HELD.append(held)
        return int(held.getsockname()[1])


class _Server(uvicorn.Server):
    """uvicorn inside our own loop: signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Config(uvicorn.Config):
    """With a TLS context that is made already: uvicorn itself would want files."""

    def __init__(self, app: Starlette, context: ssl.SSLContext | None) -> None:
        super().__init__(app, log_level="error", timeout_graceful_shutdown=1)
        self._context = context

    def load(self) -> None:
        super().load()
        self.ssl = self._context


class HttpService:
    """An ASGI application on a loopback port."""

    def __init__(
        self, app: Starlette, port: int = 0, context: ssl.SSLContext | None = None
    ) -> None:
        """port 0, or one that is taken: any free one; context: with it, it is HTTPS."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = port or free_port()
        try:
            self._socket.bind((LOOPBACK, self.port))
        except OSError:
            self.port = free_port()
            self._socket.bind((LOOPBACK, self.port))
        self._scheme = "https" if context else "http"
        self._server = _Server(_Config(app, context))
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"{self._scheme}://{LOOPBACK}:{self.port}"

    async def start(self) -> None:
        """Begin to serve."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End all connections and the service."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()
