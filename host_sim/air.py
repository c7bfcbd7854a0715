"""The Wi-Fi around a simulated board: access points, and the board's station among them.

The station answers as MicroPython's ESP32 port does (ports/esp32/network_wlan.c): while it may try
again by itself, and by default it may for ever, its status is "connecting" and says no reason.
"""

import asyncio
from dataclasses import dataclass, field

OWN_SSID = "tillqr-bench"
_JOIN_SECONDS = 0.2
_SCAN_SECONDS = 1.5
"""The chip looks for that long, and nothing else of the firmware runs meanwhile."""
_WPA2 = 3
_DHCP = ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
_NO_ADDRESS = ("0.0.0.0",) * 4

IDLE = 1000
CONNECTING = 1001
GOT_IP = 1010
BEACON_TIMEOUT = 200
NO_AP_FOUND = 201
WRONG_PASSWORD = 202


@dataclass
class AccessPoint:
    """One access point; what it says of itself may be changed while the bench runs."""

    ssid: str
    password: str
    """"" for an open network."""
    bssid: str = "020000000001"
    rssi: int = -50
    channel: int = 6
    on: bool = True

    def seen(self) -> list:
        """As a scan tells of it."""
        ssid = self.ssid.encode().hex()
        security = _WPA2 if self.password else 0
        return [ssid, self.bssid, self.channel, self.rssi, security, False]


@dataclass
class Air:
    """The access points that are there; their order is no matter."""

    points: list[AccessPoint] = field(default_factory=list)
    on: bool = True
    """Whether any of them can be heard; switch it off to cut the network."""

    def heard(self) -> list[AccessPoint]:
        """Those that can be heard now, the strongest first."""
        heard = [point for point in self.points if point.on] if self.on else []
        return sorted(heard, key=lambda point: -point.rssi)


class Station:
    """The board's station: carries out what `network.WLAN` asks for."""

    def __init__(self, air: Air) -> None:
        self._air = air
        self._asked: tuple[str, str, str] | None = None
        self._ready_at = 0.0
        self._joined: AccessPoint | None = None
        self._reason = 0
        self._tries_left: int | None = None
        self._reconnects = -1
        self._fixed: list[str] = []
        self.wrong_password = WRONG_PASSWORD
        """What the chip says of a wrong password: 202, or on some access points 15 or 204."""
        self.hostname = ""
        """The name that it asked its address with."""

    async def answer(self, request: dict) -> object:
        """Carry out one request of host_sim/shims/network.py."""
        self._move_on()
        return await getattr(self, "_do_" + request["wlan"])(request)

    async def _do_active(self, _: dict) -> None:
        self._leave()
        self._reason = 0

    async def _do_disconnect(self, _: dict) -> None:
        self._leave()

    def _leave(self) -> None:
        self._asked = self._joined = None

    async def _do_connect(self, request: dict) -> None:
        self._asked = (request["ssid"], request["password"], request["bssid"])
        self._joined = None
        self._tries_left = None if self._reconnects < 0 else self._reconnects
        self._ready_at = asyncio.get_running_loop().time() + _JOIN_SECONDS

    async def _do_isconnected(self, _: dict) -> bool:
        return self._joined is not None

    async def _do_status(self, _: dict) -> int:
        if self._joined is not None:
            return GOT_IP
        if self._asked is not None:
            return CONNECTING
        return self._reason or IDLE

    async def _do_rssi(self, _: dict) -> int | None:
        return None if self._joined is None else self._joined.rssi

    async def _do_reconnects(self, request: dict) -> None:
        self._reconnects = request["times"]

    async def _do_hostname(self, request: dict) -> None:
        self.hostname = request["name"]

    async def _do_scan(self, _: dict) -> list:
        await asyncio.sleep(_SCAN_SECONDS)
        return [point.seen() for point in self._air.heard()]

    async def _do_ifconfig(self, _: dict) -> list:
        if self._fixed:
            return self._fixed
        return list(_DHCP if self._joined else _NO_ADDRESS)

    async def _do_address(self, request: dict) -> None:
        self._fixed = request["address"]

    def _move_on(self) -> None:
        """What has happened since it was last asked."""
        now = asyncio.get_running_loop().time()
        if self._joined is not None and self._joined not in self._air.heard():
            self._joined = None
            self._ready_at = now + _JOIN_SECONDS
            self._failed(BEACON_TIMEOUT)
        while self._asked and self._joined is None and self._ready_at <= now:
            self._ready_at += _JOIN_SECONDS
            self._try(*self._asked)

    def _try(self, ssid: str, password: str, bssid: str) -> None:
        """One try to join."""
        right = [point for point in self._air.heard() if point.ssid == ssid]
        right = [point for point in right if bssid in ("", point.bssid)]
        if right and right[0].password == password:
            self._joined, self._reason = right[0], 0
        else:
            self._failed(self.wrong_password if right else NO_AP_FOUND)

    def _failed(self, reason: int) -> None:
        """Try again, or give up where no more tries are allowed."""
        self._reason = reason
        if self._tries_left == 0:
            self._asked = None
        elif self._tries_left is not None:
            self._tries_left -= 1
