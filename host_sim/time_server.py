"""A time server on loopback: answers SNTP (RFC 5905, section 14) from this machine's clock."""

import asyncio
import socket
import time
from typing import cast

from host_sim.service import LOOPBACK

_SIZE = 48
_CLIENT, _SERVER = 3, 4
_VERSION_BITS = 0b00111000
_STRATUM = 1
_PRECISION = 0xEC  # 2 to the power of -20 s
_SINCE_1900 = 2_208_988_800  # at the beginning of Unix time


class TimeServer:
    """Answers each right question; how far off, and whether at all, is set while it runs."""

    def __init__(self) -> None:
        self.offset = 0.0
        """Seconds that its clock is ahead of the right one."""
        self.silent = False
        """Whether it answers nobody."""
        self.asked = 0
        """How many right questions came."""
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._port = int(self._socket.getsockname()[1])
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        """HOST:PORT, as a board's setting has it."""
        return f"{LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Begin to answer."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self), sock=self._socket
        )

    def stop(self) -> None:
        """Close the port."""
        if self._transport is not None:
            self._transport.close()
        self._socket.close()

    def answer(self, question: bytes) -> bytes | None:
        """The answer to a datagram, or None."""
        if len(question) < _SIZE or question[0] & 0b111 != _CLIENT:
            return None
        self.asked += 1
        if self.silent:
            return None
        now = _timestamp(time.time() + self.offset)
        head = bytes((question[0] & _VERSION_BITS | _SERVER, _STRATUM, question[2], _PRECISION))
        delay_and_dispersion = bytes(8)
        originate = question[40:48]  # the client knows its own question by it
        return head + delay_and_dispersion + b"LOCL" + now + originate + now + now


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, server: TimeServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple) -> None:
        answer = self._server.answer(data)
        if answer is not None:
            self._transport.sendto(answer, address)


def _timestamp(seconds: float) -> bytes:
    """Unix time as NTP writes it: 32 bits of seconds, 32 of their fraction."""
    return round((seconds + _SINCE_1900) * (1 << 32)).to_bytes(8, "big")
