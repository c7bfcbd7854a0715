"""The clock: the chip's is set by a time server, for TLS and for codes that change."""

import asyncio

import machine
from micropython import const

from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.net.wifi import Wifi

_FIRST_PAUSE_MS = const(1000)
_LONGEST_PAUSE_MS = const(60_000)
_AGAIN_MS = const(6 * 3600 * 1000)
_SNTP = "tillqr.net.sntp"
_UNIX_TIME = "tillqr.unix_time"


class Clock:
    """Keeps the chip's clock right."""

    def __init__(self, server: str, wifi: "Wifi", changed: "Callable[[], None]") -> None:
        """server: "HOST[:PORT]"; changed() is called when `known` or `trouble` is another."""
        self._server = server
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
        now = await load(_SNTP).ask(self._server)
        unload(_SNTP, _UNIX_TIME)
        if now:
            machine.RTC().datetime(now)
        known = now is not None
        before = self.known, self.trouble
        self.known = known or self.known
        self.trouble = "" if known else "clock_away"
        if (self.known, self.trouble) != before:
            self._changed()
        return known
