"""The clock: set by a time server, for TLS and for codes that change."""

import asyncio
import time

import machine
from micropython import const

from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.net.wifi import Wifi

_PORT = const(123)
_FIRST_PAUSE_MS = const(1000)
_LONGEST_PAUSE_MS = const(60_000)
_AGAIN_MS = const(6 * 3600 * 1000)
_STEP_S = const(30)
"""Seconds that a token counts (PROTOCOL.md, 7.1)."""
_SNTP = "tillqr.net.sntp"


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
            if self._wifi.connected and await self._set():
                pause = _FIRST_PAUSE_MS
                await asyncio.sleep_ms(_AGAIN_MS)
            else:
                await asyncio.sleep_ms(pause)
                pause = min(_LONGEST_PAUSE_MS, pause * 2)

    async def _set(self) -> bool:
        """Ask once; whether the clock was set."""
        try:
            seconds = await load(_SNTP).ask(self._host, self._port)
        except OSError:
            seconds = 0
        unload(_SNTP)
        if seconds:
            set_clock(seconds)
        known, trouble = seconds > 0 or self.known, "" if seconds else "clock_away"
        if (known, trouble) != (self.known, self.trouble):
            self.known = known
            self.trouble = trouble
            self._changed()
        return seconds > 0


def set_clock(unix: int) -> None:
    """Set the chip's clock to a Unix time."""
    year, month, day, hour, minute, second, weekday = time.gmtime(unix - _epoch())[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


def unix_time() -> int:
    """The Unix time that the chip's clock says."""
    return int(time.time()) + _epoch()


def step() -> int:
    """The number of the time step that a token counts in: those before it since 1970."""
    return unix_time() // _STEP_S


def _epoch() -> int:
    """The Unix time of the clock's zero: 1970, or 2000 on the chip."""
    return 946684800 if time.gmtime(0)[0] == 2000 else 0
