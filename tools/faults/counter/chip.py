"""The chip's modules as the board of this counter has them, and the parts that are left out.

Real are the firmware's own modules; faked are what it stands on (machine, network, esp32, os's
chance) and the panel.
"""

import os
import random
import sys

from tools.faults.counter.line import Uart
from tools.faults.counter.net import socket_module

SERIAL = b"\xa4\xcf\x12\x34\x56\x78"
KEY = bytes(range(32))
ADDRESS = "192.168.1.17"
POWER_ON, HARD, WATCHDOG, SOFT = 1, 2, 3, 5
_SECRETS = {"device_key": KEY, "wifi_password": b"correct horse"}
_WATCHDOG_MS = 30_000
"""As the board profiles have it."""
_GOT_IP, _NOT_FOUND = 1010, 201


class Reset(BaseException):
    """The board starts again, with its power on."""


class Life:
    """From one start of the board to its end; `over` once nothing of it may do anything."""

    def __init__(self, cause):
        self.over = False
        self.cause = cause
        self.fed_at = 0
        self.watched_ms = 0
        self.uart = None


class Module:
    """A module made up of what it is given."""

    def __init__(self, **parts):
        for name, part in parts.items():
            setattr(self, name, part)


def machine(life, kept):
    """`machine`; kept: a list with the RTC's bytes, which outlive a reset."""

    def reset():
        life.over = True
        raise Reset

    class Rtc:
        def memory(self, data=None):
            if data is None:
                return kept[0]
            kept[0] = bytes(data)
            return None

    return Module(
        unique_id=lambda: SERIAL,
        reset=reset,
        reset_cause=lambda: life.cause,
        RTC=Rtc,
        PWRON_RESET=POWER_ON,
        HARD_RESET=HARD,
        WDT_RESET=WATCHDOG,
        DEEPSLEEP_RESET=4,
        SOFT_RESET=SOFT,
    )


class Wlan:
    """The station; it is connected while the network is up."""

    def __init__(self, net):
        self._net = net
        self._asked = False

    def active(self, *_):
        """It is."""
        return True

    def config(self, *_, **__):
        """Nothing is kept."""

    def connect(self, *_, **__):
        """Begin to."""
        self._asked = True

    def disconnect(self):
        """End it."""
        self._asked = False

    def isconnected(self):
        """Whether it is."""
        return self._asked and self._net.up

    def status(self, *_):
        """Why not; or how strong."""
        return -50 if _ else _GOT_IP if self.isconnected() else _NOT_FOUND

    def ifconfig(self, *_):
        """The address."""
        return (ADDRESS, "255.255.255.0", "192.168.1.1", "192.168.1.1")


class Nvs:
    """The secrets."""

    def __init__(self, _):
        pass

    def get_blob(self, name, buffer):
        """Read one; raises OSError."""
        if name not in _SECRETS:
            raise OSError(-0x1102)
        secret = _SECRETS[name]
        buffer[: len(secret)] = secret
        return len(secret)


class Pin:
    """A key that nobody presses."""

    IRQ_FALLING = 2

    def value(self):
        """Up."""
        return 1

    def irq(self, *_):
        """Nothing will come."""


class Watchdog:
    """It resets a board that does not feed it; the world looks."""

    def __init__(self, life, agenda, milliseconds):
        self._life = life
        self._agenda = agenda
        life.watched_ms = milliseconds
        self.feed()

    def feed(self):
        """Keep it quiet."""
        self._life.fed_at = self._agenda.now


def seeded_os():
    """`os` with a chance that the case's seed makes."""
    parts = {name: getattr(os, name) for name in dir(os) if name[0] != "_"}
    parts["urandom"] = lambda size: bytes(random.getrandbits(8) for _ in range(size))
    return Module(**parts)


def install(world, life):
    """Put everything in its place for a start of the board."""
    agenda = world.agenda

    def make_uart(*_):
        life.uart = Uart(world.line, life)
        return life.uart

    hardware = Module(
        load_profile=lambda: {"name": "counter", "panel": {"width": 240, "height": 320}},
        make_panel=lambda _: None,
        make_key=lambda *_: Pin(),
        make_uart=make_uart,
        make_watchdog=lambda _: Watchdog(life, agenda, _WATCHDOG_MS),
    )
    _put("machine", machine(life, world.memory))
    network = Module(WLAN=lambda _: Wlan(world.net), STA_IF=0, AP_IF=1, hostname=lambda _: None)
    _put("network", network)
    _put("esp32", Module(NVS=Nvs))
    _put("os", seeded_os())
    _put("socket", Module(**socket_module(world.net, life)))
    _put("tillqr.board.hardware", hardware)
    for name, part in world.panel_parts(life).items():
        _put("tillqr.panel." + name, part)


_made = {}


def _put(name, module):
    """Have `import` find it; who imported it for an earlier start has the new parts too."""
    made = _made.setdefault(name, module)
    for part in dir(module):
        if part[0] != "_":
            setattr(made, part, getattr(module, part))
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(__import__(parent, None, None, ["x"]), last, made)
    sys.modules[name] = made
