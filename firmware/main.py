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
TEXTS = "texts/en.txt"


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


def build():  # type: ignore[no-untyped-def]
    """Build everything; return the supervisor that runs it."""
    profile = load_profile()
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)  # the radio first: later its memory may not be there in one piece
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
    from tillqr.panel.painter import Painter
    from tillqr.panel.screens import Fonts
    from tillqr.panel.texts import Texts
    from tillqr.sale.attempts import Attempts
    from tillqr.sale.checkout import Checkout
    from tillqr.sale.payment_code import Sender
    from tillqr.sale.receipt import NONCE_SIZE
    from tillqr.till import port
    from tillqr.till.link import Link

    settings = board_settings.load(SETTINGS)
    nvs = esp32.NVS(board_settings.NAMESPACE)
    key = board_settings.device_key(nvs, settings.key_number)

    counters = Counters()
    book = Attempts(settings.device, key)
    sender = Sender(settings.device, machine.unique_id(), settings.shop, key)
    wifi = Wifi(wlan, settings.wifi_ssid, board_settings.wifi_password(nvs))
    till = Checkout(book, lambda: os.urandom(NONCE_SIZE).hex())
    display = Display(settings, sender, book, till, counters, wifi, Texts(TEXTS))

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
    supervisor.add("panel", display.draw(panel, painter, Fonts(FONTS), width, height))
    supervisor.add("till_receive", till_port.receive())
    supervisor.add("till_transmit", till_port.transmit())
    supervisor.add("clock", display.keep_time())
    supervisor.add("key", qr_key.run())
    supervisor.add("wifi", wifi.run())
    supervisor.add("endpoint", endpoint.run(settings.port))
    supervisor.add("backend", backend.run())
    return supervisor


if __name__ == "__main__":
    gc.threshold(_GC_BYTES)
    run = build().run()
    del build, load_profile, make_panel, make_uart  # their code is not needed any more
    asyncio.run(run)
