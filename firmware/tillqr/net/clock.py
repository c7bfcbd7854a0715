"""The clock: set by a time server (SNTP, RFC 5905, 14), for TLS and for codes that change.

Nobody vouches for the answer. So it must repeat the random number of the question, and be later
than this firmware: whoever sets the clock back could use certificates that have run out.
"""

import asyncio
import os
import socket
import time

import machine
from micropython import const

from tillqr.sale import mac

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.net.wifi import Wifi

_RELEASED = const(1795478400)
"""The day of this version, 24 November 2026, as Unix time: a clock that says less is wrong."""
_PORT = const(123)
_SIZE = const(48)
_REQUEST = b"\x23" + bytes(39)  # version 4, a client
_NTP_TO_UNIX = 2208988800
_ERA = 1 << 32  # seconds; the next one begins in 2036
_LOOK_MS = const(20)
_LOOKS = const(100)
_FIRST_PAUSE_MS = const(1000)
_LONGEST_PAUSE_MS = const(60_000)
_AGAIN_MS = const(6 * 3600 * 1000)


class Clock:
    """Keeps the chip's clock right."""

    def __init__(self, server: str, wifi: "Wifi", changed: "Callable[[], None]") -> None:
        """server: "HOST[:PORT]"; changed() is called when `known` or `trouble` is another."""
        self._host, _, port = server.partition(":")
        self._port = int(port or _PORT)
        self._wifi = wifi
        self._changed = changed
        self.known = False
        """Whether the time was set since the start."""
        self.trouble = ""

    async def run(self) -> None:
        """Set the clock, again and again; for ever."""
        pause = _FIRST_PAUSE_MS
        while True:
            if self._wifi.connected and await self._ask():
                pause = _FIRST_PAUSE_MS
                await asyncio.sleep_ms(_AGAIN_MS)
            else:
                await asyncio.sleep_ms(pause)
                pause = min(_LONGEST_PAUSE_MS, pause * 2)

    async def _ask(self) -> bool:
        """Ask once; whether the clock was set."""
        question = os.urandom(8)
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            link.setblocking(False)
            link.connect(socket.getaddrinfo(self._host, self._port)[0][-1])
            link.send(_REQUEST + question)
            seconds = checked(await _answer(link), question)
        except OSError:
            seconds = 0
        finally:
            link.close()
        if seconds:
            set_clock(seconds)
            self.known = True
        self.trouble = "" if seconds or self.known else "clock_away"
        self._changed()
        return seconds > 0

    def step(self) -> int:
        """The number of the 30 s in which a token counts (PROTOCOL.md, 7.1)."""
        return unix_time() // mac.STEP_S


async def _answer(link: socket.socket) -> bytes:
    for _ in range(_LOOKS):
        try:
            return link.recv(_SIZE)
        except OSError as error:
            if error.errno != 11:  # EAGAIN: nothing yet
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


def set_clock(unix: int) -> None:
    """Set the chip's clock to a Unix time."""
    year, month, day, hour, minute, second, weekday = time.gmtime(unix - _epoch())[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


def unix_time() -> int:
    """The Unix time that the chip's clock says."""
    return int(time.time()) + _epoch()


def _epoch() -> int:
    """The Unix time of the clock's zero: 1970, or 2000 on the chip."""
    return 946684800 if time.gmtime(0)[0] == 2000 else 0
