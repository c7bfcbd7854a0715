"""Composition root: builds the hardware from the board profile and starts the tasks.

The one file that constructs hardware. Buffers are taken first, while memory is in one piece.
"""

import asyncio
import gc
import json
import os

import esp32
import machine
import network

_GC_BYTES = 4096
"""Garbage is collected this often: a heap that was left to fill up is in pieces."""
PROFILE = "board.json"
SETTINGS = "settings.json"
FONTS = "fonts"


def load_profile() -> dict:
    """The board profile: pins and panel geometry (boards/README.md)."""
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
        offset=(panel["column_offset"], panel["row_offset"]),
        rotation=panel["rotation"],
        inverted=panel["inverted"],
    )


def make_uart(profile: dict, baud: int, buffer: int) -> machine.UART:
    """The UART of the till link."""
    till = profile["till_uart"]
    return machine.UART(
        till["id"],
        baudrate=baud,
        tx=machine.Pin(till["tx"]),
        rx=machine.Pin(till["rx"]),
        txbuf=buffer,
        rxbuf=buffer,
        timeout=0,
    )


async def main() -> None:
    """Build everything and run until the power goes."""
    gc.threshold(_GC_BYTES)
    profile = load_profile()
    width, height = profile["panel"]["width"], profile["panel"]["height"]
    panel = make_panel(profile)

    from tillqr.board import settings as board_settings
    from tillqr.board.counters import Counters
    from tillqr.board.key import PushKey
    from tillqr.board.supervisor import Supervisor
    from tillqr.display import Display
    from tillqr.net.backend import Backend
    from tillqr.net.endpoint import Endpoint
    from tillqr.net.wifi import Wifi
    from tillqr.panel.font import Font
    from tillqr.panel.painter import Painter
    from tillqr.panel.screens import Fonts
    from tillqr.sale.attempts import Attempts
    from tillqr.sale.checkout import Checkout
    from tillqr.sale.payment_code import Sender
    from tillqr.sale.receipt import NONCE_SIZE
    from tillqr.till import port
    from tillqr.till.link import Link

    settings = board_settings.load(SETTINGS)
    nvs = esp32.NVS(board_settings.NAMESPACE)
    key = board_settings.device_key(nvs, settings.key_number)
    password = board_settings.secret(nvs, "wifi_password").decode()

    counters = Counters()
    book = Attempts(settings.device, key)
    sender = Sender(settings.device, machine.unique_id(), settings.shop, key)
    wifi = Wifi(network.WLAN(network.STA_IF), settings.wifi_ssid, password)
    till = Checkout(book, lambda: os.urandom(NONCE_SIZE).hex())
    display = Display(settings, sender, book, till, counters, wifi)

    boot = os.urandom(8).hex()
    baud = settings.till_baud
    link = Link("display", boot, baud, display.deliver, display.settled, counters.add)
    till_port = port.TillPort(make_uart(profile, baud, port.BUFFER), link)
    backend = Backend(
        settings.backend, sender, book, wifi, settings.port, display.accept, counters.add
    )
    endpoint = Endpoint(display.accept, display.public_info, counters.add)
    display.connect(link, till_port, backend)
    qr_pin = machine.Pin(profile["pins"]["qr_key"], machine.Pin.IN, machine.Pin.PULL_UP)
    qr_key = PushKey(qr_pin, display.press_qr)

    painter = Painter(panel, width)
    watchdog = machine.WDT(timeout=profile["watchdog_ms"])
    supervisor = Supervisor(watchdog.feed, display.fault)
    supervisor.start("panel", display.draw(panel, painter, Fonts(Font, FONTS), width, height))
    supervisor.start("till_receive", till_port.receive())
    supervisor.start("till_transmit", till_port.transmit())
    supervisor.start("clock", display.keep_time())
    supervisor.start("key", qr_key.run())
    supervisor.start("wifi", wifi.run())
    supervisor.start("endpoint", endpoint.run(settings.port))
    supervisor.start("backend", backend.run())
    gc.collect()
    await supervisor.watch()


if __name__ == "__main__":
    asyncio.run(main())
