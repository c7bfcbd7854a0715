"""Assembly: builds the display from its parts, and says what it is built for.

The composition root. Nothing here is needed once the display runs, so the module is let go then:
no function or class of it may be handed to a part. Buffers are taken first, while memory is in
one piece.
"""

import asyncio
import os

import esp32
import machine
import micropython
import network

from tillqr import __version__
from tillqr.board import hardware
from tillqr.unload import load, unload

_AFTERMATH = "tillqr.board.aftermath"
_RECOVERY = "tillqr.sale.recovery"
_SECURE = "tillqr.net.secure"
FONTS = "fonts.tqf"
_GLYPH_ROOM = 2048
"""Bytes of glyphs that are kept, at least; the largest icon takes 1.3 KB. Symbols are made in the
same memory."""
_CTRL_C = 3
_PATIENCE_SECONDS = 120
"""Longer than any pause of what waits for a network."""
_DAY_SECONDS = 86_400


def _make_face(profile: dict, counters, settings, view):  # type: ignore[no-untyped-def]
    """The panel's task, on the profile's panel, and its fonts; settings: None where there are
    none."""
    from tillqr.codes import room
    from tillqr.panel.face import Face
    from tillqr.panel.glyph_store import GlyphStore

    panel = hardware.make_panel(profile)
    size = (profile["panel"]["width"], profile["panel"]["height"])
    memory = max(_GLYPH_ROOM, room(settings is not None and settings.foreign))
    fonts = GlyphStore(FONTS, memory, counters.add)
    look = (settings.theme, settings.large_text) if settings else ("light", False)
    return Face(panel, fonts, look, view, size, counters.add), fonts


def _announce(profile: dict, what: str) -> None:
    """Tell the console what this is, for the technician's tools."""
    print("tillqr {} {} {}".format(__version__, profile["name"], what))


def assemble():  # type: ignore[no-untyped-def]
    """Show that it starts, build everything, and return the coroutine that runs it for ever.

    None if the console is to be used: the QR key was held. Without settings it is the set-up's.
    """
    unload("tillqr.board.reserve")
    profile = hardware.load_profile()
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)  # the radio first: later its memory may not be there in one piece

    from tillqr.board import settings as board_settings
    from tillqr.board.counters import Counters
    from tillqr.panel.view import View

    counters = Counters()
    rtc = machine.RTC()
    bitten = machine.reset_cause() == machine.WDT_RESET
    crash = load(_AFTERMATH).recall(rtc.memory(), counters, bitten)
    unload(_AFTERMATH)
    qr_pin = hardware.make_key(profile, "qr_key")
    nvs = esp32.NVS(board_settings.NAMESPACE)
    try:
        settings = board_settings.load(board_settings.FILE)
        keys = board_settings.device_keys(nvs, settings.key_number)
        ca = board_settings.ca() if settings.secure else b""
        key = _machine_key(profile, settings, nvs)
        texts = board_settings.TEXTS.format(settings.language)
        os.stat(texts)
    except board_settings.BadSettings as bad:
        return _set_up(profile, counters, str(bad))
    except OSError:
        return _set_up(profile, counters, "no texts in language " + settings.language)
    ways = ("qr", "machine") if key else ("qr",)
    view = View(settings.shop, texts, ways)
    view.note = settings.device + ", tillqr " + __version__
    face, fonts = _make_face(profile, counters, settings, view)
    asyncio.run(face.start())
    if not qr_pin.value():  # held while "starting" is shown: who does that stands at the board
        micropython.kbd_intr(_CTRL_C)
        view.note = "The console is open. Switch off and on to end this."
        face.show("service")
        asyncio.run(face.refresh())
        _announce(profile, "service")
        return None
    if settings.open_console:
        micropython.kbd_intr(_CTRL_C)
    wifi_password = board_settings.password(nvs, "wifi_password")
    broker_password = board_settings.password(nvs, "broker_password")
    unload("tillqr.board.settings")

    from tillqr.board import chance
    from tillqr.board.key import PushKey
    from tillqr.board.segments import Segments
    from tillqr.board.supervisor import Supervisor
    from tillqr.codes import Codes
    from tillqr.display import Display
    from tillqr.net.backend import Backend
    from tillqr.net.path import Path
    from tillqr.net.wifi import Wifi
    from tillqr.sale.attempts import Attempts
    from tillqr.sale.checkout import Checkout
    from tillqr.till import port
    from tillqr.till.link import Link

    _join(wlan, settings)
    found = load(_RECOVERY).recover(Segments(), counters.add)
    unload(_RECOVERY)
    book = Attempts(settings.device, keys, *found)
    wifi = Wifi(wlan, settings.wifi_ssid, wifi_password)
    path = Path(wifi, book)
    step = load("tillqr.unix_time").step if settings.rotating else None
    own = (settings.device, machine.unique_id(), settings.shop, keys[0], step)
    size = (profile["panel"]["width"], profile["panel"]["height"])
    codes = Codes(*own, settings.backend, size, settings.foreign, fonts.lend)
    till = Checkout(book, chance.nonce, codes.fits)
    by_charge = None
    if settings.foreign:
        judged = (settings.device, keys)
        by_charge = load("tillqr.sale.by_charge").ByCharge(till, judged, counters.add)
    if key:
        at_machine = load("tillqr.sale.at_machine").AtMachine(till)
    if settings.machine == "transparent":
        load("tillqr.sale.lent").Lent(till)
    by_tap = _make_by_tap(profile, settings, till)
    interrupted = book.interrupted()
    if interrupted:
        till.resume(interrupted)
        if by_charge:
            by_charge.resume(interrupted)
        if key:
            at_machine.resume(interrupted)
    display = Display(settings, book, till, counters, wifi, codes, face, path, crash, rtc.memory)

    boot = os.urandom(8).hex()
    baud = settings.till_baud
    link = Link("display", boot, baud, display.deliver, display.settled, counters.add)
    buffer = port.BUFFER if settings.machine == "transparent" else port.FRAMES
    till_uart = hardware.make_uart(profile, baud, buffer)
    till_port = port.TillPort(till_uart, link)
    backend = Backend(codes, book, wifi, settings.port, display, counters.add)
    if by_charge:
        by_charge.happen = display.happen
        backend.charges = by_charge
    _complete(path, settings, ca, wifi, broker_password, boot, display, backend, counters.add)
    display.connect(link, till_port, backend)
    taps = None
    if by_tap:
        from tillqr.nfc.taps import Taps

        reader = hardware.make_reader(profile, counters.add)
        parts = (reader, by_tap, display, backend, keys, counters.add)
        taps = Taps(*parts)
    qr_key = PushKey(qr_pin, display.press_qr)

    watchdog = hardware.make_watchdog(profile)
    supervisor = Supervisor(watchdog.feed, display.fault)
    supervisor.add("panel", face.run(), face.owes)
    supervisor.add("till_receive", till_port.receive(), till_port.owes)
    supervisor.add("till_transmit", till_port.transmit())
    supervisor.add("clock", display.keep_time())
    supervisor.add("key", qr_key.run(), qr_key.owes)
    supervisor.add("wifi", wifi.run(), None, _PATIENCE_SECONDS)
    supervisor.add("backend", backend.run(), backend.owes, _PATIENCE_SECONDS)
    supervisor.add("channel", path.channel.run(), None, _PATIENCE_SECONDS)
    if taps:
        supervisor.add("reader", taps.run(), None, _PATIENCE_SECONDS)
    if path.clock:
        supervisor.add("time", path.clock.run(), None, _DAY_SECONDS)
    if settings.port:
        endpoint = load("tillqr.net.endpoint").Endpoint(
            display.accept, display.public_info, counters.add
        )
        supervisor.add("endpoint", endpoint.run(settings.port))
    if key:
        uart = hardware.make_uart(profile, settings.machine_baud, buffer, "machine_uart")
        spoken = (uart, settings, key, book, at_machine, display, boot, counters.add)
        card_machine = load("tillqr.till.card_machine").CardMachine(*spoken)
        supervisor.add("machine_receive", card_machine.port.receive(), card_machine.port.owes)
        supervisor.add("machine_transmit", card_machine.port.transmit())
        supervisor.add("machine", card_machine.run())
    if settings.machine == "transparent":
        uart = hardware.make_uart(profile, settings.machine_baud, buffer, "machine_uart")
        joined = (till_uart, uart, buffer, link, display, counters.add)
        till_port.through = through = load("tillqr.till.pass_through").PassThrough(*joined)
        supervisor.add("machine_receive", through.receive(), through.owes)
    _announce(profile, "ready")
    unload("tillqr.assembly", "tillqr.board.hardware")
    return supervisor.run()


def _join(wlan, settings) -> None:  # type: ignore[no-untyped-def]
    """Give the station its name in the network, and its address if that is fixed; it is left to
    net/wifi.py to try again."""
    wlan.config(reconnects=0)
    network.hostname("tillqr-" + settings.device.replace("_", "-").replace(".", "-").lower())
    if settings.address:
        wlan.ifconfig(settings.address)


def _machine_key(profile: dict, settings, nvs):  # type: ignore[no-untyped-def]
    """The key of a card machine that the display speaks to, None where it speaks to none; raises
    BadSettings."""
    from tillqr.board import settings as board_settings

    if settings.machine != "off" and "machine_uart" not in profile:
        raise board_settings.BadSettings("machine must be off: this board has no machine_uart")
    reader = profile.get("reader", {})
    if settings.machine != "off" and reader.get("bus") == "hsu":
        raise board_settings.BadSettings("machine must be off: the card reader has its UART")
    if settings.machine != "link":
        return None
    return board_settings.machine_key(nvs, settings.machine_key_number)


def _complete(  # type: ignore[no-untyped-def]
    path, settings, ca: bytes, wifi, password: str, boot: str, display, backend, count
) -> None:
    """Give the path its channel, through a broker or without one, and a clock if one is needed."""
    from tillqr.net.clock import Clock
    from tillqr.net.server import Server

    context = clock = None
    ends = (display.fault, machine.reset)
    if ca:
        context = load(_SECURE).make_context(ca)
        unload(_SECURE)
    if ca or settings.rotating:
        clock = Clock(settings.time_server, wifi, display.path_changed)
    if settings.broker:
        server = Server(settings.broker, 8883 if ca else 1883, wifi, context, *ends)
        joined = (server, path, settings.device, password, boot, backend, display, count)
        backend.channel = load("tillqr.net.broker").Broker(*joined)
    else:
        server = Server(settings.backend, 443 if ca else 80, wifi, context, *ends)
        backend.channel = load("tillqr.net.web").Web(server, path, backend, display, count)
    path.complete(backend.channel, clock)


def _make_by_tap(profile: dict, settings, till):  # type: ignore[no-untyped-def]
    """What a card reader adds to the checkout, if the board has a reader and the backend is reached
    by TLS: what a card says goes no other way."""
    if "reader" not in profile:
        return None
    till.reader = "silent" if settings.secure else "no_tls"
    if not settings.secure:
        return None
    from tillqr.sale.by_tap import ByTap

    return ByTap(till)


def _set_up(profile: dict, counters, reason: str):  # type: ignore[no-untyped-def]
    """Show why this board can't work yet, and return the coroutine that takes what it lacks; the
    console is open meanwhile."""
    micropython.kbd_intr(_CTRL_C)

    from tillqr.board.settings import NAMESPACE, TEXTS
    from tillqr.panel.view import View

    view = View("", TEXTS.format("en"))
    view.note = reason
    face, _ = _make_face(profile, counters, None, view)
    face.show("setup")
    asyncio.run(face.start())

    from tillqr.till import port

    mode = load("tillqr.setup.mode")
    uart = hardware.make_uart(profile, mode.BAUD, port.FRAMES)
    page_port = profile.get("setup_port", mode.PORT)
    made = mode.SetupMode(face, counters, esp32.NVS(NAMESPACE), reason, page_port)
    _announce(profile, "not set up: " + made.reason)
    unload("tillqr.assembly", "tillqr.board.hardware")
    return made.run(network.WLAN(network.AP_IF), uart)
