"""The Wi-Fi around a simulated board: access points, the board's station among them, and the
network that the board itself opens.

Both answer, and refuse, as MicroPython's ESP32 port does (ports/esp32/network_wlan.c,
network_common.c): while the station may try again by itself, and by default it may for ever, its
status is "connecting" and says no reason.
"""

import asyncio
import ipaddress
from dataclasses import dataclass, field
from typing import Any

OWN_SSID = "tillqr-bench"
_JOIN_SECONDS = 0.2
_SCAN_SECONDS = 1.5
"""The chip looks for that long, and nothing else of the firmware runs meanwhile."""
_WPA2 = 3
_DHCP = ["127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1"]
_NO_ADDRESS = ["0.0.0.0"] * 4
_MOST_TRIES = 254  # the chip keeps one more in a byte

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
        self._active = False
        self._asked: tuple[str, str, str] | None = None
        self._ready_at = 0.0
        self._joined: AccessPoint | None = None
        self._reason = 0
        self._tries_left: int | None = None
        self._reconnects = -1
        self._fixed: list[str] = []
        self._name = "mpy-esp32"
        self.wrong_password = WRONG_PASSWORD
        """What the chip says of a wrong password: 202, or on some access points 15 or 204."""
        self.hostname = ""
        """The name that it asked its address with."""
        self.fault = ""
        """Words of an error that each call raises from now on, which the firmware doesn't expect:
        the task that asks the station ends of it."""

    async def answer(self, verb: str, *said: Any, **named: Any) -> Any:
        """Carry out one call; raises OSError and ValueError as the chip's would."""
        if self.fault:
            raise ValueError(self.fault)
        self._move_on()
        return await getattr(self, "_do_" + verb)(*said, **named)

    async def _do_hostname(self, name: str | None = None) -> str | None:
        if name is None:
            return self._name
        if not 1 <= len(name) <= 32:
            raise ValueError("a host name has 1 to 32 characters")
        self._name = name
        return None

    async def _do_active(self, on: bool | None = None) -> bool:
        if on is not None:
            self._active = bool(on)
            self._asked = self._joined = None
            self._reason = 0
        return self._active

    async def _do_disconnect(self) -> None:
        self._asked = self._joined = None

    async def _do_connect(self, ssid: str, key: str, bssid: str) -> None:
        if not self._active:
            raise OSError("Wifi Internal State Error")
        if not 1 <= len(ssid.encode()) <= 32 or not (key == "" or 8 <= len(key) <= 63):
            raise OSError("Wifi Invalid Argument")
        if len(bssid) not in (0, 12):
            raise ValueError("a bssid has 6 bytes")
        self._asked = (ssid, key, bssid)
        self._joined = None
        self.hostname = self._name
        self._tries_left = None if self._reconnects < 0 else self._reconnects
        self._ready_at = asyncio.get_running_loop().time() + _JOIN_SECONDS

    async def _do_isconnected(self) -> bool:
        return self._joined is not None

    async def _do_status(self, param: str = "") -> int:
        if param == "rssi":
            if self._joined is None:
                raise OSError("Wifi Not Connected")
            return self._joined.rssi
        if param:
            raise ValueError("unknown status param")
        if self._joined is not None:
            return GOT_IP
        return CONNECTING if self._asked is not None else self._reason or IDLE

    async def _do_config(self, **values: Any) -> None:
        """There is no "rssi": the chip tells that by `status`."""
        times = values.pop("reconnects", None)
        if values or times is None:
            raise ValueError("unknown config param")
        if not -1 <= times <= _MOST_TRIES:
            raise ValueError("reconnects: the chip keeps it in a byte")
        self._reconnects = times

    async def _do_scan(self) -> list:
        if not self._active:
            raise OSError("STA must be active")
        await asyncio.sleep(_SCAN_SECONDS)
        return [point.seen() for point in self._air.heard()]

    async def _do_ifconfig(self, config: Any = None) -> list[str] | None:
        if config is None:
            return self._fixed or (_DHCP if self._joined else _NO_ADDRESS)
        if config == "dhcp":
            self._fixed = []
        elif isinstance(config, list) and len(config) == 4:
            self._fixed = [str(ipaddress.IPv4Address(one)) for one in config]
        else:
            raise ValueError("invalid arguments")
        return None

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


class OwnNetwork:
    """The network that the board itself opens: carries out what `network.WLAN` asks for."""

    def __init__(self) -> None:
        self._active = False
        self.named: tuple[str, str] | None = None
        """Its name and password, while it is open."""

    async def answer(self, verb: str, *said: Any, **named: Any) -> Any:
        """Carry out one call; raises OSError as the chip's would."""
        return getattr(self, "_do_" + verb)(*said, **named)

    def _do_active(self, on: bool | None = None) -> bool:
        if on is not None:
            self._active = bool(on)
            self.named = self.named if on else None
        return self._active

    def _do_config(self, *, ssid: str, security: int, key: str, max_clients: int) -> None:
        """The chip has an open network of its own from `active` to here."""
        if not self._active:
            raise OSError("Wifi Invalid Mode")
        if not 1 <= len(ssid.encode()) <= 32 or not 8 <= len(key) <= 63:
            raise OSError("Wifi Invalid Argument")
        if security != _WPA2 or not 1 <= max_clients <= 10:
            raise OSError("Wifi Invalid Argument")
        self.named = (ssid, key)

    def _do_ifconfig(self) -> list[str]:
        return _DHCP
