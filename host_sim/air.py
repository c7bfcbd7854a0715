"""The Wi-Fi around a simulated board: access points, and the board's station among them.

Both interfaces of `network.WLAN` are here, so that the board's shim only carries the calls, and
answer as MicroPython's ESP32 port does (ports/esp32/network_wlan.c, network_common.c; extmod/
modnetwork.c). While the station may try again by itself, and by default it may for ever, its status
is "connecting" and says no reason.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

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
        ssid, bssid = self.ssid.encode(), bytes.fromhex(self.bssid)
        return [ssid, bssid, self.channel, self.rssi, _WPA2 if self.password else 0, False]


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


class Refused(Exception):
    """What the chip raises: the name of the exception, and its arguments."""

    def __init__(self, kind: str, *words: object) -> None:
        super().__init__(kind, *words)
        self.kind = kind
        self.words = words


def _check_network(ssid: str, key: str) -> None:
    if not 1 <= len(ssid.encode()) <= 32 or not (key == "" or 8 <= len(key) <= 63):
        raise Refused("OSError", "Wifi Invalid Argument")


class OwnNetwork:
    """The board's own access point (network.AP_IF), which a phone on the bench joins."""

    def __init__(self) -> None:
        self._active = False
        self.named: tuple[str, str] | None = None
        """Its name and password, while it is there."""

    async def active(self, on: bool | None = None) -> bool:
        """Switch it on or off, or tell whether it is on."""
        if on is not None:
            self._active = bool(on)
            self.named = None
        return self._active

    async def config(self, *, ssid: str, security: int, key: str, max_clients: int) -> None:
        """Name it and lock it. The chip has an open network of its own from `active` to here."""
        if not self._active:
            raise Refused("OSError", "Wifi Invalid Mode")
        _check_network(ssid, key)
        if not key or security != _WPA2 or not 1 <= max_clients <= 10:
            raise Refused("OSError", "Wifi Invalid Argument")
        self.named = (ssid, key)

    async def ifconfig(self) -> list[str]:
        """(address, mask, gateway, name server)"""
        return list(_DHCP)


class Station:
    """The board's station (network.STA_IF)."""

    def __init__(self, air: Air) -> None:
        self._air = air
        self._active = False
        self._asked: tuple[str, str, bytes | None] | None = None
        self._ready_at = 0.0
        self._joined: AccessPoint | None = None
        self._reason = 0
        self._tries_left: int | None = None
        self._reconnects = -1
        self._fixed: list[str] = []
        self.wrong_password = WRONG_PASSWORD
        """What the chip says of a wrong password: 202, or on some access points 15 or 204."""
        self.hostname = "mpy-esp32"
        """The name that it asks its address with."""

    async def active(self, on: bool | None = None) -> bool:
        """Switch the radio, or tell whether it is on."""
        if on is not None:
            self._active = bool(on)
            self._asked = self._joined = None
            self._reason = 0
        return self._active

    async def connect(self, ssid: str, key: str = "", *, bssid: bytes | None = None) -> None:
        """Begin to join a network, or one access point of it."""
        if not self._active:
            raise Refused("OSError", "Wifi Internal State Error")
        _check_network(ssid, key)
        if bssid is not None and len(bssid) != 6:
            raise Refused("ValueError")
        self._asked = (ssid, key, bssid)
        self._joined = None
        self._tries_left = None if self._reconnects < 0 else self._reconnects
        self._ready_at = asyncio.get_running_loop().time() + _JOIN_SECONDS

    async def disconnect(self) -> None:
        """Leave the network."""
        self._asked = self._joined = None

    async def isconnected(self) -> bool:
        """Whether there is an address."""
        self._move_on()
        return self._active and self._joined is not None

    async def status(self, param: str | None = None) -> int:
        """How it stands with the network; or "rssi", how strong its access point is, in dBm.

        A reason, as NO_AP_FOUND, comes only once the chip tries no more by itself: that is never,
        unless config(reconnects=) said how often it may.
        """
        self._move_on()
        if param == "rssi":
            if self._joined is None:
                raise Refused("OSError", "Wifi Not Connected")
            return self._joined.rssi
        if param is not None:
            raise Refused("ValueError", "unknown status param")
        if self._joined is not None:
            return GOT_IP
        return CONNECTING if self._asked is not None else self._reason or IDLE

    async def config(self, param: str | None = None, **values: int) -> bytes | None:
        """Set how often it tries again by itself (reconnects=, -1 for ever), or read "mac". There
        is no "rssi": the chip tells that by `status`."""
        if param is not None and values:
            raise Refused("TypeError", "either pos or kw args are allowed")
        if param == "mac":
            return b"\x02\x00\x00\x12\x34\x56"
        if list(values) != ["reconnects"]:
            raise Refused("ValueError", "unknown config param")
        if not -1 <= values["reconnects"] <= 254:
            raise Refused("ValueError", "the chip keeps it in a byte")
        self._reconnects = values["reconnects"]
        return None

    async def scan(self) -> list:
        """What can be heard: (ssid, bssid, channel, rssi, security, hidden) of each access point.
        The chip does nothing else meanwhile."""
        if not self._active:
            raise Refused("OSError", "STA must be active")
        await asyncio.sleep(_SCAN_SECONDS)
        return [point.seen() for point in self._air.heard()]

    async def ifconfig(self, config: list[str] | str | None = None) -> list[str]:
        """(address, mask, gateway, name server); or set them, or "dhcp" to be given them."""
        if config == "dhcp":
            self._fixed = []
        elif config is not None:
            if isinstance(config, str) or len(config) != 4:
                raise Refused("ValueError", "invalid arguments")
            for address in config:
                _check_address(address)
            self._fixed = list(config)
        self._move_on()
        return self._fixed or list(_DHCP if self._joined else _NO_ADDRESS)

    def name(self, name: str | None) -> str:
        """network.hostname: the name, or another one from the next `connect` on."""
        if name is not None:
            if not 1 <= len(name) <= 32:
                raise Refused("ValueError")
            self.hostname = name
        return self.hostname

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

    def _try(self, ssid: str, password: str, bssid: bytes | None) -> None:
        """One try to join."""
        right = [point for point in self._air.heard() if point.ssid == ssid]
        right = [point for point in right if bssid in (None, bytes.fromhex(point.bssid))]
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


def _check_address(address: str) -> None:
    parts = address.split(".")
    if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
        raise Refused("ValueError", "invalid arguments")


class Radio:
    """What `network` of one board is: its two interfaces."""

    def __init__(self, air: Air) -> None:
        self.station = Station(air)
        self.own_network = OwnNetwork()

    async def answer(self, request: dict) -> dict:
        """Carry out one call that host_sim/shims/network.py has sent."""
        name, positional, named = request["wlan"], request["positional"], request["named"]
        interface = (self.station, self.own_network)[request["interface"]]
        method = getattr(interface, name, None)
        try:
            if name == "hostname":
                return {"value": self.station.name(*_received(positional))}
            if name.startswith("_") or not asyncio.iscoroutinefunction(method):
                raise Refused("AttributeError", f"WLAN has no {name}")
            return {"value": _sent(await method(*_received(positional), **_received(named)))}
        except Refused as refused:
            return {"raise": refused.kind, "words": list(refused.words)}
        except TypeError as misuse:  # called with other arguments than there are
            return {"raise": "TypeError", "words": [str(misuse)]}


def _received(value: object) -> Any:
    """A value from the wire, where bytes are an object with their hex digits."""
    if isinstance(value, dict):
        if list(value) == ["hex"]:
            return bytes.fromhex(value["hex"])
        return {name: _received(one) for name, one in value.items()}
    return [_received(one) for one in value] if isinstance(value, list) else value


def _sent(value: object) -> object:
    """A value for the wire."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return [_sent(one) for one in value] if isinstance(value, list) else value
