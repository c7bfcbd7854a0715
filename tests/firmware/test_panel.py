"""The panel: pictures as lists of marks, painted as the same bytes on every runtime.

The fonts are those that `make setup` built; test_same_on_both.py compares what is printed here.
"""

import asyncio
import gc
import hashlib
import sys

from tillqr import qr
from tillqr.panel import code_layout, difference, rgb444
from tillqr.panel.face import Face, load_screen
from tillqr.panel.font import Font
from tillqr.panel.glyph_store import GlyphStore
from tillqr.panel.language import Language
from tillqr.panel.marks import INK, Clock
from tillqr.panel.painter import Painter
from tillqr.panel.picture import Picture
from tillqr.panel.screens.common import covers, fitted
from tillqr.panel.screens.layout import Stack, balanced, wrap
from tillqr.panel.screens.parts import fitting
from tillqr.panel.st7789 import St7789
from tillqr.panel.style import make_style
from tillqr.panel.view import View
from tillqr.sale.attempts import Attempt
from tillqr.sale.checkout import Cart, Sale

from tests.support import Counts, raises

FONTS = "build/fonts.tqf"
TEXTS = "firmware/texts/%s.txt"
SIZES = ((135, 240), (240, 135), (170, 320), (320, 170), (240, 240), (240, 320), (320, 240))
STATES = (
    "starting",
    "idle",
    "cart",
    "choose",
    "qr",
    "tap",
    "machine",
    "unknown",
    "paid",
    "failed",
    "cancelled",
    "expired",
    "late",
    "no_network",
    "code_too_large",
    "no_storage",
    "fault",
    "setup",
    "service",
)


class Bus:
    """SPI, pins and PWM at once: a digest of everything that was written."""

    def __init__(self):
        self.digest = hashlib.sha256()
        self.bytes = 0
        self.most_at_once = 0

    def write(self, data):
        self.digest.update(data)
        self.bytes += len(data)
        self.most_at_once = max(self.most_at_once, len(data))

    def __call__(self, level):
        self.digest.update(b"\1" if level else b"\0")

    def duty_u16(self, duty):
        pass


class Quiet(Bus):
    """A bus that takes no memory."""

    def write(self, data):
        self.bytes += len(data)

    def __call__(self, level):
        pass


def panel(bus):
    return St7789(bus, bus, bus, bus, bus, rgb444, (0, 0), 0, True)


def differing(drawn, shown):
    """The regions in which two pictures differ."""
    return difference.regions(drawn, shown, (drawn.width, drawn.height))


class Kit:
    """Fonts, a style and a view: what screens need."""

    def __init__(self, language="en", theme="light", large=False):
        self.counts = Counts()
        self.file = GlyphStore(FONTS, 3584, self.counts)
        self.style = make_style(self.file, theme, large)
        self.view = view(language)

    def drawn(self, state, width=240, height=320):
        """The picture of a state."""
        picture = Picture(width, height)
        load_screen(state, self.view).draw(picture, self.style, self.view)
        return picture

    def painted(self, picture, region=None):
        """The bus to which a region of a picture went."""
        bus = Bus()
        painter = Painter(panel(bus), picture.width, self.file.glyphs, self.style.fonts)
        whole = (0, 0, (picture.width + 3) // 4 * 4, picture.height)
        asyncio.run(painter.paint(picture, region or whole))
        return bus


def view(language="en"):
    """Everything that a screen may show."""
    made = View("Bäckerei Müller & Söhne", TEXTS % language)
    lines = [
        {"name": "Vollmilch 1 l", "quantity": "2", "amount": 238},
        {"name": "A very long name that is cut at the edge", "amount": -50},
        {"name": "Äpfel 中文 ₤", "quantity": "0.532 kg", "amount": 199},
    ]
    message = {"order": "1001", "currency": "EUR", "total": 387, "first": 0, "lines": lines}
    made.cart = Cart(message)
    made.sale = Sale({"order": "10000001", "register": "3", "amount": 387, "currency": "EUR"})
    made.sale.attempt = Attempt("0" * 24, "10000001", "3", 387, "EUR")
    made.sale.attempt.reason = "limit_exceeded"
    made.code = qr.encode("HTTP://PAY.EXAMPLE/P/" + "A2" * 50, "L")
    made.clock.set(119)
    return made


def digests():
    """A line for each screen on each panel."""
    lines = []
    kit = Kit()
    for width, height in SIZES:
        for state in STATES:
            bus = kit.painted(kit.drawn(state, width, height))
            lines.append("%dx%d %s %s" % (width, height, state, bus.digest.digest().hex()))
    return lines


def test_a_whole_screen_is_sent_as_12_bit_pixels():
    kit = Kit()
    for width, height, pixels in ((240, 320, 240 * 320), (135, 240, 136 * 240)):
        for state in ("idle", "qr", "cart"):
            bus = kit.painted(kit.drawn(state, width, height))
            assert pixels * 3 // 2 <= bus.bytes <= pixels * 3 // 2 + 16


def test_every_mark_is_inside_the_panel():
    kit = Kit()
    for width, height in SIZES:
        for state in STATES:
            for left, top, right, bottom, *_ in kit.drawn(state, width, height).marks:
                assert left >= -2 and right <= width + 2, (state, width, height)
                assert top >= 0 and bottom <= height, (state, width, height, top, bottom)


def test_nothing_stands_in_the_quiet_zone():
    kit = Kit()
    for width, height in SIZES:
        for version in range(1, 14):
            pixels, layout = code_layout.plan(width, height, 4 * version + 17)
            if pixels == 0:
                continue
            kit.view.code = qr.encode("A", "L", version)
            for details in (False, True):
                kit.view.details = details
                marks = kit.drawn("qr", width, height).marks
                codes = [mark for mark in marks if mark[4] is kit.view.code]
                if details and layout == code_layout.PAGES:
                    assert codes == []
                    continue
                _check_quiet(codes, marks, width, height, pixels)


def _check_quiet(codes, marks, width, height, pixels):
    assert len(codes) == 1 and pixels >= 3
    left, top, right, bottom, _, detail, _ = codes[0]
    assert detail[0] == pixels
    quiet = 4 * pixels
    assert left >= quiet and right + quiet <= width
    assert top >= quiet and bottom + quiet <= height
    for mark in marks:
        outside = (
            mark[3] <= top - quiet
            or mark[1] >= bottom + quiet
            or mark[2] <= left - quiet + 2
            or mark[0] >= right + quiet - 2
        )
        assert outside or mark is codes[0], (width, height, mark)


def test_a_code_takes_the_most_pixels_that_a_panel_has():
    for width, height, version, wanted in (
        (240, 320, 6, (4, code_layout.AROUND)),
        (240, 240, 6, (4, code_layout.ABOVE)),
        (320, 240, 6, (4, code_layout.BESIDE)),
        (135, 240, 5, (3, code_layout.AROUND)),
        (240, 135, 5, (3, code_layout.BESIDE)),
        (170, 320, 7, (3, code_layout.AROUND)),
        (240, 240, 13, (3, code_layout.PAGES)),
        (240, 240, 14, (0, 0)),
        (135, 240, 6, (0, 0)),
    ):
        assert code_layout.plan(width, height, 4 * version + 17) == wanted, (width, version)


def test_the_longest_amount_overlaps_nothing():
    for language in ("en", "fr", "pt"):
        kit = Kit(language)
        kit.view.sale.amount = 9999999999
        kit.view.sale.currency = "CHF"
        for width, height in SIZES:
            for state in ("choose", "qr", "paid", "failed"):
                picture = kit.drawn(state, width, height)
                assert picture.cut == 0, (language, state, width, height)
                _check_apart(picture.marks, (language, state, width, height))


def _check_apart(marks, what):
    for index, one in enumerate(marks):
        for other in marks[index + 1 :]:
            apart = (
                one[2] - 4 <= other[0]
                or other[2] - 4 <= one[0]
                or one[3] <= other[1]
                or other[3] <= one[1]
            )
            assert apart, (what, one, other)


def test_no_marks_overlap():
    for large in (False, True):
        kit = Kit("de", large=large)
        for width, height in SIZES:
            for state in STATES:
                marks = kit.drawn(state, width, height).marks
                _check_apart([mark for mark in marks if mark[4]], (state, width, height))


def test_the_same_picture_needs_nothing():
    kit = Kit()
    assert differing(kit.drawn("cart"), kit.drawn("cart")) == []


def test_another_code_is_sent_though_it_is_made_in_the_same_object():
    kit, encoder = Kit(), qr.Encoder()
    kit.view.code = encoder.encode("HTTP://PAY.EXAMPLE/P/" + "A" * 99)
    before = kit.drawn("qr")
    kit.view.code = encoder.encode("HTTP://PAY.EXAMPLE/P/" + "B" * 99)
    kit.view.sale.attempt = Attempt("1" * 24, "10000001", "3", 387, "EUR")
    after = kit.drawn("qr")
    code = next(mark for mark in after.marks if mark[4] is kit.view.code)
    ((left, top, right, bottom),) = differing(after, before)
    assert left <= code[0] and top <= code[1] and right >= code[2] and bottom >= code[3]


def test_only_the_rows_of_another_colour_are_sent():
    before, after = Picture(240, 320), Picture(240, 320)
    white, black, red = (0xFFFFFF, 0), (0, 0xFFFFFF), (0xFF0000, 0)
    before.begin((40, white), (200, black), (80, red))
    after.begin((40, white), (200, red), (80, red))
    assert differing(after, before) == [(0, 40, 240, 240)]
    after.begin((100, white), (140, black), (80, red))
    assert differing(after, before) == [(0, 40, 240, 100)]
    after.begin((40, white), (200, black), (80, red))
    assert differing(after, before) == []
    assert differing(after, Picture(240, 320)) == [(0, 0, 240, 320)]


def test_changes_far_apart_are_sent_apart():
    before, after = Picture(240, 320), Picture(240, 320)
    for picture in (before, after):
        picture.begin((320, (0xFFFFFF, 0)))
    after.fill(0, 0, 20, 20, INK)
    after.fill(200, 300, 20, 20, INK)
    assert sorted(differing(after, before)) == [(0, 0, 20, 20), (200, 300, 220, 320)]
    for number in range(40):
        after.fill(number * 6, number * 8, 2, 2, INK)
    regions = differing(after, before)
    assert len(regions) <= 7
    for x, y, end, bottom, *_ in after.marks:
        assert any(r[0] <= x and r[1] <= y and r[2] >= end and r[3] >= bottom for r in regions)


def test_a_region_is_whole_bytes():
    before, after = Picture(135, 240), Picture(135, 240)
    for picture in (before, after):
        picture.begin((240, (0xFFFFFF, 0)))
    after.fill(-5, 201, 12, 60, INK)
    after.fill(130, 3, 10, 5, INK)
    assert sorted(differing(after, before)) == [(0, 201, 8, 240), (128, 3, 136, 8)]


def test_painting_in_parts_or_whole_is_the_same():
    """Rows that are painted apart carry the very pixels of the whole."""
    from host_sim.panel import PanelModel

    pins = {"cs": 1, "dc": 2, "reset": 3}
    geometry = {"width": 240, "height": 320, "column_offset": 0, "row_offset": 0}
    geometry.update(rotation=0, inverted=False)
    kit = Kit()
    images = []
    for step in (320, 1, 7, 40):
        model = PanelModel(geometry, pins, lambda: None)
        driver = _wired(model)
        painter = Painter(driver, 240, kit.file.glyphs, kit.style.fonts)
        picture = kit.drawn("qr")
        for top in range(0, 320, step):
            for left, right in ((0, 240),) if step != 7 else ((0, 100), (100, 240)):
                region = (left, top, right, min(320, top + step))
                asyncio.run(painter.paint(picture, region))
        images.append(model.image().tobytes())
    assert len(set(images)) == 1


if sys.implementation.name == "micropython":
    del test_painting_in_parts_or_whole_is_the_same  # the panel model needs Pillow


def _wired(model):
    class Line(Bus):
        def __init__(self, number):
            self.number = number

        def __call__(self, level):
            model.pin(self.number, level)

        def write(self, data):
            model.spi(bytes(data))

        def duty_u16(self, duty):
            model.backlight(duty)

    driver = St7789(Line(0), Line(1), Line(2), Line(3), Line(0), rgb444, (0, 0), 0, False)
    asyncio.run(driver.start())
    asyncio.run(driver.fade(100))
    return driver


def test_little_is_sent_between_two_turns_of_the_loop():
    """A strip of eight rows at most: 0.8 ms at 40 MHz for 320 pixels, 12 bits each."""
    kit = Kit()
    sent = []

    async def watch(bus):
        while True:
            sent.append(bus.bytes)
            await asyncio.sleep(0)

    async def paint(picture):
        bus = Bus()
        watcher = asyncio.create_task(watch(bus))
        painter = Painter(panel(bus), picture.width, kit.file.glyphs, kit.style.fonts)
        await painter.paint(picture, (0, 0, picture.width, picture.height))
        watcher.cancel()

    for state in ("paid", "qr", "cart"):
        del sent[:]
        asyncio.run(paint(kit.drawn(state, 320, 240)))
        steps = [after - before for before, after in zip(sent, sent[1:])]
        assert len(steps) >= 30 and max(steps) <= 8 * 320 * 3 // 2 + 16


def test_a_missing_glyph_is_a_box_and_counts():
    kit = Kit()
    font = Font(kit.file, 16)
    box = font.glyph(0xFFFD)
    size = 5 + kit.file.glyphs[box] * kit.file.glyphs[box + 1]
    lost = font.glyph(0x10D0)
    assert kit.counts.names == ["glyph_missing"]
    assert kit.file.glyphs[lost : lost + size] == kit.file.glyphs[box : box + size]
    font.glyph(0x10D0)
    assert kit.counts.names == ["glyph_missing"]
    for known in "€é中₫":
        assert covers(font, known) and font.width(known) > 0
    assert not covers(font, "\u10d0") and not covers(font, "a\U0001f600")
    assert font.width("a\u10d0\U0001f600") > 0


def test_glyphs_survive_a_full_memory():
    kit = Kit()
    font = Font(kit.file, 48)
    size = {}
    for _ in range(3):
        for character in "0123456789ABCDEFGH€":
            at = font.glyph(ord(character))
            end = at + 5 + kit.file.glyphs[at] * kit.file.glyphs[at + 1]
            assert end <= len(kit.file.glyphs)
            shape = bytes(kit.file.glyphs[at:end])
            assert size.setdefault(character, shape) == shape


def test_text_is_measured_cut_and_wrapped():
    font = Font(Kit().file, 16)
    for width in (30, 50, 100, 200):
        cut = fitted(font, "A very long name that is cut", width)
        assert font.width(cut) <= width and cut.endswith("…")
        tail = fitted(font, "20241187-000123-and-more-of-it", width, True)
        assert font.width(tail) <= width and tail.startswith("…") and tail.endswith("t")
        for line in wrap("Press the QR key to pay with your phone", font, max(50, width)):
            assert font.width(line) <= max(50, width)
    assert fitted(font, "short", 200) == "short"


def test_wrapping_keeps_every_character():
    font = Font(Kit().file, 22)
    for words in (
        "Press the QR key to pay with your phone",
        "Donaudampfschifffahrtsgesellschaft",
        "二维码超出屏幕，请用其他方式付款。",
        "Il n’y a rien\xa0: à payer",
        "x",
    ):
        for width in (40, 77, 129, 224):
            for lines in (wrap(words, font, width), balanced(words, font, width)):
                assert "".join(lines).replace(" ", "") == words.replace(" ", "")
                assert len(lines) == len(wrap(words, font, width))
                for line in lines:
                    assert len(line) == 1 or font.width(line) <= width
                    assert width < 44 or line[:1] not in "，。"


def test_chinese_breaks_where_it_says():
    font = Font(Kit().file, 22)
    lines = wrap("将银行卡\u200b靠近此处\u200b付款", font, 22 * 6)
    assert lines == ["将银行卡\u200b", "靠近此处\u200b付款"]


def test_a_stack_gives_way_in_order():
    kit = Kit()
    style = kit.style

    def heights(room):
        picture = Picture(240, 320)
        picture.begin((320, (0, 0)))
        stack = Stack(picture, 8, 0, 232, room)
        stack.add("Paid", style.title, 1, 0, main=True)
        stack.add("Thank you", style.body, 1, 20)
        stack.add("Order 1", style.small, 1, 10, needed=False)
        fits = stack.fits()
        stack.draw()
        assert (picture.cut == 0) == fits
        return [mark[5] for mark in picture.marks]

    assert heights(200) == [34, 22, 16]
    assert heights(94) == [34, 22, 16]  # first the gaps
    assert heights(90) == [28, 22, 16]
    assert heights(80) == [28, 16, 16]
    assert heights(70) == [28, 16]
    assert heights(52) == [22, 16]
    assert heights(45) == [16, 16]
    assert heights(30) == [16, 16]


def test_a_text_goes_into_the_largest_font_that_has_it():
    style = Kit().style
    assert fitting("1234", style.amount, 200).size == 48
    assert fitting("1234567890", style.amount, 200).size == 28
    assert fitting("超市", style.title, 200).size == 22
    assert fitting("W" * 99, style.amount, 200).size == 16


def test_digits_have_one_width():
    file = Kit().file
    for size in (16, 22, 28, 34, 48):
        font = Font(file, size)
        assert len({font.advance(ord(digit)) for digit in "0123456789"}) == 1


def test_a_file_that_is_no_font_is_refused():
    raises(ValueError, GlyphStore, TEXTS % "en", 1000, Counts())
    raises(OSError, GlyphStore, "build/nothing.tqf", 1000, Counts())
    raises(ValueError, Font, Kit().file, 17)


def test_the_clock():
    clock = Clock()
    for seconds, text in ((0, "0:00"), (9, "0:09"), (61, "1:01"), (599, "9:59")):
        clock.set(seconds)
        assert clock.text.decode() == text


def make_face(bus, kit, count=print):
    return Face(panel(bus), kit.file, ("light", False), kit.view, (240, 320), count)


def at_code(bus, kit):
    """A face that shows a code."""
    face = make_face(bus, kit)

    async def show():
        face.show("qr")
        await face.refresh()

    asyncio.run(show())
    return face


def out_of_memory(times):
    """What is done when a screen is to be drawn and so often there is no memory for it; how often
    that was counted."""
    kit, bus, counts = Kit(), Bus(), Counts()
    face = make_face(bus, kit, counts)
    left = [times]

    def prepare():
        if left[0]:
            left[0] -= 1
            raise MemoryError

    async def run():
        face.prepare = prepare
        face.show("qr")
        face.tick(42)
        task = asyncio.create_task(face.run())
        while face.owes() and not task.done():
            await asyncio.sleep(0.01)
        if task.done():
            await task
        task.cancel()

    asyncio.run(run())
    assert bus.bytes > 10000
    return counts


class Choked(Bus):
    """A bus that finds no memory once, after some bytes."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def write(self, data):
        super().write(data)
        if 0 < self.after < self.bytes:
            self.after = 0
            raise MemoryError


def test_what_was_sent_in_part_is_sent_again_whole():
    sizes = []
    for after in (0, 20000):
        kit, bus, counts = Kit(), Choked(after), Counts()
        face = make_face(bus, kit, counts)

        async def run():
            face.show("idle")
            await face.refresh()
            while face.owes():
                await face.refresh()

        asyncio.run(run())
        assert counts.names == (["panel_no_memory"] if after else [])
        sizes.append(bus.bytes)
    assert sizes[1] > sizes[0] + 20000


def test_a_screen_without_memory_is_drawn_later():
    assert out_of_memory(2).names == ["panel_no_memory"] * 2


def test_a_screen_for_which_there_never_is_memory_is_a_fault():
    raises(MemoryError, out_of_memory, 1000)


def test_a_tick_sends_only_the_clock():
    kit, bus = Kit(), Bus()
    face = at_code(bus, kit)
    for seconds in range(118, 58, -1):
        before = bus.bytes
        face.tick(seconds)
        assert 0 < bus.bytes - before < 2048


def test_a_tick_takes_no_memory():
    if sys.implementation.name != "micropython":
        return
    import micropython

    kit, bus = Kit(), Quiet()
    face = at_code(bus, kit)
    face.tick(119)
    sent = bus.bytes
    gc.collect()
    micropython.heap_lock()
    for seconds in range(118, 0, -1):
        face.tick(seconds)
    micropython.heap_unlock()
    assert bus.bytes > sent + 118 * 500


def sent_with_a_tick(after):
    """Bytes of a screen during whose sending, after some turns of the loop, a second passes."""
    kit, bus = Kit(), Bus()
    face = make_face(bus, kit)

    async def run():
        face.show("qr")
        painting = asyncio.create_task(face.refresh())
        for _ in range(after):
            await asyncio.sleep(0)
        before = bus.bytes
        if after:
            face.tick(42)
        assert bus.bytes == before  # not into the other window
        await painting

    asyncio.run(run())
    sent = bus.bytes
    face.tick(41)
    return sent, bus.bytes - sent


def test_a_tick_while_the_screen_is_sent_is_made_up_for():
    whole, tick = sent_with_a_tick(0)
    assert tick > 500
    for turns in (40, 60, 80):
        assert sent_with_a_tick(turns) == (whole + tick, tick)


def ticked(face, bus, seconds):
    """How many bytes a second sends, and which."""
    before, bus.digest = bus.bytes, hashlib.sha256()
    face.tick(seconds)
    return bus.bytes - before, bus.digest.digest()


def test_the_sign_of_a_tap_moves_in_place():
    bus = Bus()
    face = make_face(bus, Kit())

    async def run():
        face.show("tap")
        await face.refresh()
        seconds = [ticked(face, bus, second) for second in (41, 40, 39, 38, 37)]
        assert len({size for size, _ in seconds}) == 1 and 2000 < seconds[0][0] < 9000
        assert len({sent for _, sent in seconds}) == 4 and seconds[0] == seconds[4]
        await face.hold()
        assert not {"tillqr.panel.painter", "tillqr.panel.font"} & set(sys.modules)
        assert ticked(face, bus, 36)[0] == 0
        face.release()
        await face.refresh()
        assert ticked(face, bus, 37) == seconds[0]

    asyncio.run(run())


def test_nothing_is_drawn_while_memory_is_lent():
    for release in (True, False):  # in the end it is drawn all the same
        bus = Bus()
        face = make_face(bus, Kit())

        async def run(bus=bus, face=face, release=release):
            running = asyncio.create_task(face.run())
            face.show("qr")
            await face.hold()
            sent = bus.bytes
            assert not face.owes() and sent > 10000, "it waits for what is being drawn"
            face.show("idle")
            for _ in range(30):
                await asyncio.sleep(0.01)
                assert bus.bytes == sent
            if release:
                face.release()
            for _ in range(1000):
                await asyncio.sleep(0.01)
                if bus.bytes > sent:
                    break
            running.cancel()
            return bus.bytes - sent

        assert asyncio.run(run()) > 0


def test_a_code_changes_only_between_two_screens():
    """A smaller symbol in the place of one that is being sent has no row for the painter."""
    kit, bus, encoder = Kit(), Bus(), qr.Encoder()
    kit.view.code = encoder.encode("A", "L", 7)
    face = make_face(bus, kit)
    asked = ["", "A", "B"]

    def prepare():
        words = asked.pop(0)
        if words:
            kit.view.code = encoder.encode(words, "L", 2)
            kit.view.sale.attempt = Attempt(words * 24, "10000001", "3", 387, "EUR")

    async def run():
        face.prepare = prepare
        face.show("qr")
        running = asyncio.create_task(face.run())
        for _ in range(60):
            await asyncio.sleep(0)
        assert len(asked) == 2 and kit.view.code.version == 7
        face.show("qr")
        while len(asked) == 2:
            await asyncio.sleep(0)
        face.show("qr")
        while asked:
            await asyncio.sleep(0)
        assert not running.done()
        running.cancel()

    asyncio.run(run())
    assert kit.view.code.version == 2


def test_another_state_may_come_at_any_turn():
    """What a screen is drawn from is gone when the next state comes while its module is loaded."""
    for turns in range(12):
        kit = Kit()
        face = make_face(Bus(), kit)

        async def run(face=face, view=kit.view, turns=turns):
            running = asyncio.create_task(face.run())
            face.show("cancelled")
            for _ in range(turns):
                await asyncio.sleep(0)
            view.sale = None
            face.show("idle")
            for _ in range(300):
                await asyncio.sleep(0)
            assert not running.done()
            running.cancel()

        asyncio.run(run())


def test_asleep_until_something_is_shown():
    kit, bus = Kit(), Light()
    face = at_code(bus, kit)

    async def run():
        face.sleep()
        await face.refresh()
        dark = bus.duty
        face.show("idle")
        await face.refresh()
        return dark

    assert bus.duty == 65535
    assert asyncio.run(run()) == 0
    assert bus.duty == 65535


class Light(Bus):
    """A bus that knows the backlight's duty."""

    def __init__(self):
        super().__init__()
        self.duty = 0

    def duty_u16(self, duty):
        self.duty = duty


def test_screens_are_let_go():
    kit, bus = Kit(), Bus()
    make_face(bus, kit)
    at_code(bus, kit)
    screens = "tillqr.panel.screens."
    loaded = {name for name in sys.modules if name.startswith(screens)}
    # Those are one with drawing.py, on a board (tools/compile.py).
    assert loaded <= {screens + "common", screens + "layout"}
    gone = ("drawing", "difference", "style")
    assert not [name for name in gone if "tillqr.panel." + name in sys.modules]


def test_every_reason_has_a_text():
    from tillqr.sale.receipt import REASONS

    text = Language(TEXTS % "en")
    for reason in REASONS:
        assert text("reason_" + reason) != "reason_" + reason
    assert text("no_such_text") == "no_such_text"
    assert text("welcome") == "Welcome"
