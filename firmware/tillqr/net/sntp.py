"""The time by one question to a time server (SNTP, RFC 5905, 14); loaded when it is put.

Nobody vouches for the answer. So it must repeat the random number of the question, and be later
than this firmware: whoever sets the clock back could use certificates that have run out.
"""

import asyncio
import os
import socket
import time

from micropython import const

from tillqr import unix_time

_PORT = const(123)
_RELEASED = const(1795478400)
"""The day of this version, 24 November 2026, as Unix time: a clock that says less is wrong."""
_SIZE = const(48)
_REQUEST = b"\x23" + bytes(39)  # version 4, a client
_NTP_TO_UNIX = const(2208988800)
_ERA = const(4294967296)  # seconds; the next one begins in 2036
_LOOK_MS = const(20)
_LOOKS = const(100)
_AGAIN = const(11)  # EAGAIN


async def ask(server: str) -> "tuple[int, ...] | None":
    """The time that a server, "HOST[:PORT]", says, as machine.RTC.datetime takes it; None if it
    says none that can be, or nothing."""
    host, _, port = server.partition(":")
    try:
        unix = await _ask(host, int(port or _PORT))
    except OSError:
        return None
    if not unix:
        return None
    year, month, day, hour, minute, second, weekday = time.gmtime(unix - unix_time.epoch())[:7]
    return year, month, day, weekday, hour, minute, second, 0


async def _ask(host: str, port: int) -> int:
    """The Unix time that a server says; 0 if it says none that can be. Raises OSError."""
    question = os.urandom(8)
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        link.setblocking(False)
        link.connect(socket.getaddrinfo(host, port)[0][-1])
        link.send(_REQUEST + question)
        return checked(await _answer(link), question)
    finally:
        link.close()


async def _answer(link: socket.socket) -> bytes:
    for _ in range(_LOOKS):
        try:
            return link.recv(_SIZE)
        except OSError as error:
            if error.errno != _AGAIN:
                raise
        await asyncio.sleep_ms(_LOOK_MS)
    return b""


def checked(answer: bytes, question: bytes) -> int:
    """The Unix time in an answer; 0 if it is none, or of a time before this firmware."""
    if len(answer) < _SIZE or answer[24:32] != question:
        return 0
    unsure, mode, stratum = answer[0] >> 6 == 3, answer[0] & 7, answer[1]
    if unsure or mode != 4 or not 1 <= stratum <= 15:
        return 0
    seconds = int.from_bytes(answer[40:44], "big") - _NTP_TO_UNIX
    if seconds < _RELEASED:
        seconds += _ERA
    return seconds if seconds < _RELEASED + _ERA // 2 else 0
