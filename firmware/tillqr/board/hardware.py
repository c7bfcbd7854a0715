"""Hardware: the one file that constructs it, as the board profile says (boards/README.md).

Nothing here is needed once the display runs, so the module is let go then.
"""

import json

import machine

from tillqr.unload import load

PROFILE = "board.json"
_PIXELS = {444: "tillqr.panel.rgb444", 565: "tillqr.panel.rgb565"}


def load_profile() -> dict:
    """The board profile: pins and panel geometry."""
    with open(PROFILE) as file:
        return json.load(file)


def make_panel(profile: dict):  # type: ignore[no-untyped-def]
    """The panel's driver, on the profile's SPI and pins."""
    from tillqr.panel.st7789 import St7789

    pins, panel = profile["pins"], profile["panel"]
    spi = machine.SPI(
        profile["spi"]["host"],
        baudrate=profile["spi"]["baudrate"],
        polarity=panel["spi_mode"] >> 1,
        phase=panel["spi_mode"] & 1,
        sck=machine.Pin(pins["sck"]),
        mosi=machine.Pin(pins["mosi"]),
        miso=None,
    )
    out = machine.Pin.OUT
    return St7789(
        spi,
        cs=machine.Pin(pins["cs"], out, value=1),
        dc=machine.Pin(pins["dc"], out, value=1),
        reset=machine.Pin(pins["reset"], out, value=1),
        backlight=machine.PWM(machine.Pin(pins["backlight"]), freq=1000, duty_u16=0),
        pixels=load(_PIXELS[panel["colours"]]),
        offset=(panel["column_offset"], panel["row_offset"]),
        rotation=panel["rotation"],
        inverted=panel["inverted"],
    )


def make_uart(profile: dict, baud: int, buffer: int, name: str = "till_uart") -> machine.UART:
    """The UART of a field of the profile: the till link's, "machine_uart", or a reader's; buffer:
    bytes that its own buffers hold, each way."""
    till = profile[name]
    return machine.UART(
        till["id"],
        baudrate=baud,
        tx=machine.Pin(till["tx"]),
        rx=machine.Pin(till["rx"]),
        txbuf=buffer,
        rxbuf=buffer,
        timeout=0,
    )


def make_reader(profile: dict, count):  # type: ignore[no-untyped-def]
    """The built-in reader, on the bus that the profile has it on; None if it has none.

    count(name): the counters'. It is started by whoever uses it.
    """
    if "reader" not in profile:
        return None
    from tillqr.nfc.pn532 import Pn532

    transport = _TRANSPORTS[profile["reader"]["bus"]](profile)
    return Pn532(transport, count)


def _hsu(profile: dict):  # type: ignore[no-untyped-def]
    hsu = load("tillqr.nfc.hsu")
    return hsu.Hsu(make_uart(profile, hsu.BAUD, hsu.BUFFER, "reader"))


def _spi(profile: dict):  # type: ignore[no-untyped-def]
    wired = profile["reader"]
    spi = load("tillqr.nfc.spi")
    host = machine.SPI(
        wired["host"],
        baudrate=spi.BAUD,
        polarity=0,
        phase=0,
        firstbit=machine.SPI.LSB,
        sck=machine.Pin(wired["sck"]),
        mosi=machine.Pin(wired["mosi"]),
        miso=machine.Pin(wired["miso"]),
    )
    return spi.Spi(host, machine.Pin(wired["cs"], machine.Pin.OUT, value=1))


def _i2c(profile: dict):  # type: ignore[no-untyped-def]
    wired = profile["reader"]
    i2c = load("tillqr.nfc.i2c")
    bus = machine.I2C(
        wired["id"],
        scl=machine.Pin(wired["scl"]),
        sda=machine.Pin(wired["sda"]),
        freq=i2c.BAUD,
        timeout=i2c.STRETCH_US,
    )
    return i2c.I2c(bus)


_TRANSPORTS = {"hsu": _hsu, "spi": _spi, "i2c": _i2c}


def make_key(profile: dict, name: str) -> machine.Pin:
    """The pin of a push button to ground."""
    return machine.Pin(profile["pins"][name], machine.Pin.IN, machine.Pin.PULL_UP)


def make_watchdog(profile: dict) -> machine.WDT:
    """The watchdog, which runs from now on."""
    return machine.WDT(timeout=profile["watchdog_ms"])
