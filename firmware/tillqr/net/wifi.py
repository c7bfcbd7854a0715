"""Wi-Fi: one owner of the connection; the rest of the firmware asks it and touches no radio."""

import asyncio

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from network import WLAN

_CHECK_MS = const(250)
_PATIENCE = const(60)  # checks until a try is given up: 15 s
_FIRST_PAUSE_MS = const(1000)
_LONGEST_PAUSE_MS = const(60_000)


class Wifi:
    """Keeps a station connected, with back-off, and tells when that changes."""

    def __init__(self, wlan: "WLAN", ssid: str, password: str) -> None:
        """wlan: an active station; password: "" for an open network."""
        self._wlan = wlan
        self._ssid = ssid
        self._password = password
        self.on_change: "Callable[[bool], None]" = _nobody
        self.connected = False
        self.address = ""
        """The IPv4 address, or the last one while there is no connection; "" before the first."""
        self.connections = 0
        """How often a connection was made."""

    async def run(self) -> None:
        """Connect, watch, connect again; for ever."""
        pause = _FIRST_PAUSE_MS
        while True:
            if await self._connect():
                pause = _FIRST_PAUSE_MS
                self._changed(True)
                while self._wlan.isconnected():
                    await asyncio.sleep_ms(_CHECK_MS)
                self._changed(False)
            else:
                await asyncio.sleep_ms(pause)
                pause = min(_LONGEST_PAUSE_MS, pause * 2)

    async def _connect(self) -> bool:
        """One try. The radio stays on: once the heap has grown, it might not start again."""
        try:
            self._wlan.disconnect()
        except OSError:
            pass  # it was not connected
        try:
            self._wlan.connect(self._ssid, self._password)
        except OSError:
            return False
        for _ in range(_PATIENCE):
            if self._wlan.isconnected():
                return True
            await asyncio.sleep_ms(_CHECK_MS)
        return False

    def _changed(self, connected: bool) -> None:
        self.connected = connected
        if connected:
            self.address = self._wlan.ifconfig()[0]
            self.connections += 1
        self.on_change(connected)


def _nobody(_: bool) -> None:
    """Told of a change before anyone listens."""
