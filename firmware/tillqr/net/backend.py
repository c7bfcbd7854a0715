"""The backend as the display asks it: what became of an attempt that was given up.

POST /ask carries the attempt's code, signed, with the verb "close": once answered with a
receipt, nobody can pay that code any more. It is asked until it answers, with back-off.
"""

import asyncio
import socket

from micropython import const

from tillqr.net import http
from tillqr.sale import payment_code

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.net.wifi import Wifi
    from tillqr.sale.attempts import Attempt, Attempts

_DEADLINE_S = const(5)
_FIRST_PAUSE_MS = const(500)
_LONGEST_PAUSE_MS = const(30_000)


class Backend:
    """Asks the backend about each attempt that attempts.to_ask names."""

    def __init__(
        self,
        url: str,
        sender: payment_code.Sender,
        book: "Attempts",
        wifi: "Wifi",
        port: int,
        accept: "Callable[[bytes], tuple[int, dict]]",
        count: "Callable[[str], None]",
    ) -> None:
        """url: "HTTP://HOST[:PORT]"; accept(body) judges a receipt, as at the endpoint."""
        host, _, given_port = url[7:].partition(":")
        self._host = host
        self._port = int(given_port) if given_port else 80
        self._sender = sender
        self._book = book
        self._wifi = wifi
        self._own_port = port
        self._accept = accept
        self._count = count
        self._wake = asyncio.Event()
        self._address = ""
        self._resolved_for = 0

    def ask(self) -> None:
        """There is an attempt to ask about."""
        self._wake.set()

    async def run(self) -> None:
        """Ask for ever, about one attempt at a time."""
        pause = _FIRST_PAUSE_MS
        while True:
            attempt = self._book.to_ask()
            if attempt is None:
                pause = _FIRST_PAUSE_MS
                self._wake.clear()
                await self._wake.wait()
            elif not self._wifi.connected or not await self._asked(attempt):
                await asyncio.sleep_ms(pause)
                pause = min(_LONGEST_PAUSE_MS, pause * 2)

    async def _asked(self, attempt: "Attempt") -> bool:
        """Ask once; whether the answer settled the attempt."""
        try:
            answer: http.Message = await asyncio.wait_for(self._post(attempt), _DEADLINE_S)
        except (OSError, asyncio.TimeoutError, http.HttpError):
            self._count("backend_unreachable")
            return False
        if answer.first[1] == b"200":
            self._accept(answer.body)
        else:
            self._count("backend_undecided")
        return attempt.settled != ""

    async def _post(self, attempt: "Attempt") -> http.Message:
        address = (self._wifi.address, self._own_port)
        question = self._sender.query(self._sender.code(attempt, address), True)
        reader, writer = await asyncio.open_connection(self._resolved(), self._port)
        try:
            writer.write(http.request("/ask", self._host, question))
            await writer.drain()
            return await http.read_message(reader)
        finally:
            await http.close(writer)

    def _resolved(self) -> str:
        """The backend's IPv4 address, looked up once a Wi-Fi connection.

        The look-up blocks, for seconds in a network that swallows it: not each time, then.
        """
        if self._host.replace(".", "").isdigit():
            return self._host
        if self._resolved_for != self._wifi.connections:
            self._address = socket.getaddrinfo(self._host, self._port)[0][-1][0]
            self._resolved_for = self._wifi.connections
        return self._address
