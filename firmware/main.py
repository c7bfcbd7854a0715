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
FONTS = "fonts.tqf"
TEXTS = "texts/{}.txt"
_GLYPH_ROOM = 3584
"""Bytes of glyphs that are kept; the largest icon takes 1.3 KB."""


def load_profile() -> dict:
    """The board profile: pins and panel geometry (boards/README.md)."""
    with open(PROFILE) as file:
        return json.load(file)


def make_panel(profile: dict):  # type: ignore[no-untyped-def]
    """The panel's driver, on the profile's SPI and pins."""
    from tillqr.panel.st7789 import St7789

    pins, panel = profile["pins"], profile["panel"]
    pixels = "rgb{}".format(panel["colours"])
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
        pixels=__import__("tillqr.panel." + pixels, None, None, [pixels]),
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


def make_face(profile: dict, counters, settings, view):  # type: ignore[no-untyped-def]
    """The panel's task, on the profile's panel; settings: None where there are none."""
    from tillqr.panel.face import Face
    from tillqr.panel.font import FontFile
    from tillqr.panel.painter import Painter
    from tillqr.panel.style import make_style

    panel = make_panel(profile)
    size = (profile["panel"]["width"], profile["panel"]["height"])
    fonts = FontFile(FONTS, _GLYPH_ROOM, counters.add)
    painter = Painter(panel, size[0], fonts.glyphs)
    theme = settings.theme if settings else "light"
    style = make_style(fonts, theme, settings is not None and settings.large_text)
    return Face(panel, painter, style, view, size)


def show_setup(profile: dict, counters, reason: str) -> None:  # type: ignore[no-untyped-def]
    """Show why this board can't work yet, until it is provisioned and reset."""
    from tillqr.panel.language import Language
    from tillqr.panel.view import View

    view = View("", Language(TEXTS.format("en")))
    view.note = reason
    face = make_face(profile, counters, None, view)
    face.show("setup")
    asyncio.run(face.start())
    asyncio.run(face.run())


def build():  # type: ignore[no-untyped-def]
    """Show that it starts, build everything, and return the supervisor that runs it."""
    profile = load_profile()
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)  # the radio first: later its memory may not be there in one piece

    from tillqr import __version__
    from tillqr.board import settings as board_settings
    from tillqr.board.counters import Counters
    from tillqr.panel.language import Language
    from tillqr.panel.view import View
    from tillqr.unload import unload

    counters = Counters()
    nvs = esp32.NVS(board_settings.NAMESPACE)
    try:
        settings = board_settings.load(SETTINGS)
        key = board_settings.device_key(nvs, settings.key_number)
        view = View(settings.shop, Language(TEXTS.format(settings.language)))
    except board_settings.BadSettings as bad:
        return show_setup(profile, counters, str(bad))
    except OSError:
        return show_setup(profile, counters, "no texts in language " + settings.language)
    view.note = settings.device + ", tillqr " + __version__
    face = make_face(profile, counters, settings, view)
    wifi_password = board_settings.wifi_password(nvs)
    for finished in ("board.settings", "panel.style"):
        unload("tillqr." + finished)
    asyncio.run(face.start())

    from tillqr.board.key import PushKey
    from tillqr.board.supervisor import Supervisor
    from tillqr.code_symbol import CodeSymbols
    from tillqr.display import Display
    from tillqr.net.backend import Backend
    from tillqr.net.endpoint import Endpoint
    from tillqr.net.wifi import Wifi
    from tillqr.qr import Encoder
    from tillqr.sale.attempts import Attempts
    from tillqr.sale.checkout import Checkout
    from tillqr.sale.payment_code import Sender
    from tillqr.sale.receipt import NONCE_SIZE
    from tillqr.till import port
    from tillqr.till.link import Link

    book = Attempts(settings.device, key)
    sender = Sender(settings.device, machine.unique_id(), settings.shop, key)
    width, height = profile["panel"]["width"], profile["panel"]["height"]
    symbols = CodeSymbols(Encoder(), sender, settings.backend, width, height)
    wifi = Wifi(wlan, settings.wifi_ssid, wifi_password)
    till = Checkout(book, lambda: os.urandom(NONCE_SIZE).hex(), symbols.fits)
    display = Display(settings, sender, book, till, counters, wifi, symbols, face)

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

    watchdog = machine.WDT(timeout=profile["watchdog_ms"])
    supervisor = Supervisor(watchdog.feed, display.fault)
    supervisor.add("panel", face.run())
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
    del build, load_profile, make_panel, make_face, make_uart, show_setup  # not needed any more
    asyncio.run(run)
