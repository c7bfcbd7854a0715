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
    """The UART of a field of the profile: the till link's, or "machine_uart"."""
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


def make_key(profile: dict, name: str) -> machine.Pin:
    """The pin of a push button to ground."""
    return machine.Pin(profile["pins"][name], machine.Pin.IN, machine.Pin.PULL_UP)


def make_watchdog(profile: dict) -> machine.WDT:
    """The watchdog, which runs from now on."""
    return machine.WDT(timeout=profile["watchdog_ms"])
