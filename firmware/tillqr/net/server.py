"""A server that the display connects to: where it is, and why it can't be used.

With TLS its certificate and host name are verified against the provisioned CA, by a context that
`secure.make_context` made; there is no way to leave that out.
"""

import asyncio
import socket

from micropython import const

from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable
    from ssl import SSLContext

    from tillqr.net.wifi import Wifi

_DIAGNOSIS = "tillqr.net.diagnosis"
_ROOM = "tillqr.net.tls_room"
_ENOMEM = const(12)
_TRIES = const(3)
"""So often in a row memory for TLS may be short, before the board starts anew."""


class Server:
    """One server, as a URL names it."""

    def __init__(
        self,
        url: str,
        port: int,
        wifi: "Wifi",
        secure: "SSLContext | None",
        fault: "Callable[[str, str], None] | None" = None,
        reset: "Callable[[], None] | None" = None,
    ) -> None:
        """url: "SCHEME://HOST[:PORT]"; port: where none is named; secure: None without TLS;
        fault(name, why) and reset() have the board start anew, where there is TLS."""
        self.host, _, given = url.split("://")[1].lower().partition(":")
        self._port = int(given or port)
        self._wifi = wifi
        self._secure = secure
        self._address = ""
        self._resolved_for = 0
        self._hung_up = False
        self._fault = fault
        self._reset = reset
        self._had_room = False
        self._short = 0

    async def open(self) -> "tuple[StreamReader, StreamWriter]":
        """A stream; with TLS the handshake comes with the first bytes. Raises OSError."""
        if self._secure is None:
            return await asyncio.open_connection(self._resolved(), self._port)
        if self._hung_up:
            await self._knock()
        self._find_room()
        return await asyncio.open_connection(
            self._resolved(), self._port, ssl=self._secure, server_hostname=self.host
        )

    def _find_room(self) -> None:
        """Raise OSError if there is no memory for a session. If it lasts that there is none, and
        there was some since the start, the board starts anew."""
        there = load(_ROOM).is_there()
        unload(_ROOM)
        if there:
            self._had_room, self._short = True, 0
            return
        self._short += 1
        if self._had_room and self._short >= _TRIES:
            self._fault("channel", "memory")  # type: ignore[misc]
            self._reset()  # type: ignore[misc]
        raise OSError(_ENOMEM, "no memory for TLS")

    async def _knock(self) -> None:
        """Raise OSError if nobody listens: the chip tells a TLS client of it as of a hang-up."""
        try:
            await load(_DIAGNOSIS).knock(self._resolved(), self._port)
        finally:
            unload(_DIAGNOSIS)

    def trouble(self, error: Exception, begun: bool = True) -> str:
        """The name of what an error says of this server (PROTOCOL.md, 4.1), or "" if it is only
        away; begun: whether it has answered anything before."""
        if self._secure is None:
            return ""
        name, hung_up = load(_DIAGNOSIS).of(error)
        unload(_DIAGNOSIS)
        if name:
            return name
        self._hung_up = not begun and (hung_up or self._hung_up)
        return "tls_no_tls" if hung_up and not begun else ""

    def _resolved(self) -> str:
        """The server's IPv4 address, looked up once a Wi-Fi connection.

        The look-up blocks, for seconds in a network that swallows it: not each time, then.
        """
        if self.host.replace(".", "").isdigit():
            return self.host
        if self._resolved_for != self._wifi.connections:
            self._address = socket.getaddrinfo(self.host, self._port)[0][-1][0]
            self._resolved_for = self._wifi.connections
        return self._address


async def close(writer: "StreamWriter") -> None:
    """Close a connection: CPython does it in close, MicroPython in wait_closed."""
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass  # the peer was faster
