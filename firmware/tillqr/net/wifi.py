"""Wi-Fi: one owner of the connection; the rest of the firmware asks it and touches no radio."""

import asyncio

from micropython import const

from tillqr import ticks
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from network import WLAN

_CHECK_MS = const(250)
_PATIENCE = const(60)  # checks until a try is given up: 15 s
_TRY = const(4)  # checks until its reason is this try's
_FIRST_PAUSE_MS = const(1000)
_LONGEST_PAUSE_MS = const(60_000)
_ROAM_CHECKS = const(1200)  # 5 min
_ROAMING = "tillqr.net.roaming"

# What the station's status says of a try that failed: ESP-IDF's reasons (wifi_err_reason_t).
_WRONG_PASSWORD = (15, 202, 204)  # handshake time-out, authentication failed
_IDLE = const(1000)
_CONNECTING = const(1001)


class Wifi:
    """Keeps a station connected, with back-off, and tells when that changes."""

    def __init__(self, wlan: "WLAN", ssid: str, password: str) -> None:
        """wlan: an active station, which tries once only; password: "" for an open network."""
        self._wlan = wlan
        self._ssid = ssid
        self._password = password
        self._bssid: "bytes | None" = None
        self.on_change: "Callable[[], None]" = None  # type: ignore[assignment]
        self.calm: "Callable[[], bool]" = None  # type: ignore[assignment]
        """Whether nobody waits at the display: a search for a better access point takes seconds."""
        self.connected = False
        self.trouble = ""
        """Why there is no connection, by the names of PROTOCOL.md, 4.1."""
        self.address = "0.0.0.0"
        """The IPv4 address, or the last one while there is no connection."""
        self.connections = 0
        """How often a connection was made."""

    async def run(self) -> None:
        """Connect, watch, connect again; for ever."""
        pause = _FIRST_PAUSE_MS
        while True:
            if await self._connect():
                pause = _FIRST_PAUSE_MS
                self._changed(True, "")
                await self._watch()
                self._changed(False, "")
            else:
                self._changed(False, self._why())
                await asyncio.sleep_ms(ticks.shortened(pause))
                pause = min(_LONGEST_PAUSE_MS, pause * 2)

    async def _connect(self) -> bool:
        """One try. The radio stays on: once the heap has grown, it might not start again."""
        try:
            self._wlan.disconnect()
        except OSError:
            pass  # it was not connected
        bssid, self._bssid = self._bssid, None
        try:
            self._wlan.connect(self._ssid, self._password, bssid=bssid)
        except OSError:
            return False
        for check in range(_PATIENCE):
            if self._wlan.isconnected():
                return True
            if check >= _TRY and self._wlan.status() < _IDLE:
                break  # there is a reason: the chip tries no more
            await asyncio.sleep_ms(_CHECK_MS)
        return False

    def _why(self) -> str:
        """What kept a try from success."""
        status = self._wlan.status()
        if status in _WRONG_PASSWORD:
            return "wifi_password"
        return "wifi_no_address" if status == _CONNECTING else "wifi_absent"

    async def _watch(self) -> None:
        """Wait till the connection is lost, or left for a better access point."""
        checks = 0
        while self._wlan.isconnected():
            await asyncio.sleep_ms(_CHECK_MS)
            checks += 1
            if checks >= _ROAM_CHECKS and self.calm():
                checks = 0
                self._bssid = load(_ROAMING).better(self._wlan, self._ssid)
                unload(_ROAMING)
                if self._bssid:
                    return

    def _changed(self, connected: bool, trouble: str) -> None:
        if connected:
            self.address = self._wlan.ifconfig()[0]
            self.connections += 1
        if (connected, trouble) != (self.connected, self.trouble):
            self.connected = connected
            self.trouble = trouble
            self.on_change()
