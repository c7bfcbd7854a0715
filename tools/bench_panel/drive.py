"""What the panel's benchmark runs on MicroPython: `micropython drive.py WORK [ARGUMENTS]`.

wire            a line of JSON: what each screen sends, and what a tick of the countdown does
heap            a line of JSON: bytes of heap with all of the panel's code and data loaded
paint STATE N   draws and sends a whole screen N times (its instructions are counted outside)
"""

import asyncio
import gc
import json
import sys

_FONTS = "build/fonts.tqf"
_TEXTS = "firmware/texts/en.txt"
_ROOM = 2048  # as assembly.py has it
_SIZE = (240, 320)
SCREENS = ("idle", "cart", "choose", "code", "tap", "notice")
STATES = ("idle", "cart", "choose", "qr", "tap", "paid", "failed", "fault")


class Bus:
    """SPI, pins and PWM: counts what is sent, and takes no memory for it."""

    def __init__(self):
        self.bytes = self.calls = 0

    def write(self, data):
        self.bytes += len(data)
        self.calls += 1

    def __call__(self, level):
        pass

    def duty_u16(self, duty):
        pass


def make_face(bus):
    """A face as assembly.py makes it."""
    from tillqr.panel import rgb444
    from tillqr.panel.face import Face
    from tillqr.panel.glyph_store import GlyphStore
    from tillqr.panel.st7789 import St7789
    from tillqr.panel.view import View

    panel = St7789(bus, bus, bus, bus, bus, rgb444, (0, 0), 0, True)
    fonts = GlyphStore(_FONTS, _ROOM, print)
    view = View("Corner Shop", _TEXTS)
    return Face(panel, fonts, ("light", False), view, _SIZE, print)


def fill(view):
    """Give a view something of everything."""
    from tillqr import qr
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.checkout import Cart, Sale

    pay = {"order": "20241187", "register": "3", "amount": 1234, "currency": "EUR"}
    view.sale = Sale(pay)
    view.sale.attempt = Attempt("0" * 24, "20241187", "3", 1234, "EUR")
    lines = [{"name": "Milk 1 l", "quantity": "2", "amount": 238}] * 8
    view.cart = Cart({"order": "1", "currency": "EUR", "total": 1904, "first": 0, "lines": lines})
    view.code = qr.encode("HTTPS://PAY.EXAMPLE/P/" + "A7" * 62)
    view.clock.set(120)


async def shown(face, state):
    """Show a state, whatever was shown before."""
    face.show(state)
    await face.refresh()


def wire():
    """Bytes and calls of each screen after the idle one, and of ticks."""
    bus = Bus()
    face = make_face(bus)
    fill(face.view)
    screens = {}
    for state in STATES:
        asyncio.run(shown(face, "cancelled" if state == "idle" else "idle"))
        before = bus.bytes, bus.calls
        asyncio.run(shown(face, state))
        screens[state] = [bus.bytes - before[0], bus.calls - before[1]]
    asyncio.run(shown(face, "qr"))
    least = _SIZE[0] * _SIZE[1] * 3 / 2
    answer = {"screens": screens, "qr_wire_ratio": screens["qr"][0] / least}
    answer.update(ticks(face, bus))
    print(json.dumps(answer))


def ticks(face, bus):
    """The most bytes of a tick, and bytes of heap taken by a hundred of them."""
    face.tick(119)
    gc.collect()
    gc.disable()
    most, taken = 0, gc.mem_alloc()
    before = 0
    for seconds in range(118, 18, -1):
        before = bus.bytes
        face.tick(seconds)
        most = max(most, bus.bytes - before)
    taken = gc.mem_alloc() - taken
    gc.enable()
    return {"tick_bytes": most, "tick_allocations": taken}


def heap():
    """Bytes taken by the panel's modules, every screen's among them, and by a face."""
    from tillqr.sale import money  # noqa: F401  (the sale's own, and asyncio is the image's)

    async def nothing():
        asyncio.Event()

    asyncio.run(nothing())
    gc.collect()
    before = gc.mem_alloc()
    face = make_face(Bus())
    for name in SCREENS:
        __import__("tillqr.panel.screens." + name, None, None, ["x"])
    gc.collect()
    loaded = gc.mem_alloc() - before
    print(json.dumps({"heap_loaded_bytes": loaded, "state": face.view.note}))


def paint(state, times):
    """List a screen once, and make and send all of its pixels some times."""
    from tillqr.panel import rgb444
    from tillqr.panel.face import load_screen
    from tillqr.panel.glyph_store import GlyphStore
    from tillqr.panel.painter import Painter
    from tillqr.panel.picture import Picture
    from tillqr.panel.st7789 import St7789
    from tillqr.panel.style import make_style
    from tillqr.panel.view import View

    bus = Bus()
    panel = St7789(bus, bus, bus, bus, bus, rgb444, (0, 0), 0, True)
    fonts = GlyphStore(_FONTS, _ROOM, print)
    view = View("Corner Shop", _TEXTS)
    fill(view)
    style = make_style(fonts, "light", False)
    painter = Painter(panel, _SIZE[0], fonts.glyphs, style.fonts)
    picture = Picture(_SIZE[0], _SIZE[1])
    load_screen(state, view).draw(picture, style, view)

    async def run():
        for _ in range(times):
            await painter.paint(picture, (0, 0, _SIZE[0], _SIZE[1]))

    asyncio.run(run())


if __name__ == "__main__":
    {"wire": wire, "heap": heap}.get(sys.argv[1], lambda: paint(sys.argv[2], int(sys.argv[3])))()
