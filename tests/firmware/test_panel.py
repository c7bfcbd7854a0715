"""The panel: pictures as lists of marks, painted as the same bytes on every runtime.

The fonts are those that `make setup` built; test_same_on_both.py compares what is printed here.
"""

import asyncio
import hashlib

from tillqr import qr
from tillqr.panel import screens
from tillqr.panel.font import Font
from tillqr.panel.painter import Painter
from tillqr.panel.picture import INK, Picture
from tillqr.panel.st7789 import St7789
from tillqr.panel.texts import Texts
from tillqr.sale.attempts import Attempt
from tillqr.sale.checkout import Cart, Sale

from tests.support import raises

FONTS = "build/fonts"
TEXTS = "firmware/texts/en.txt"


class Bus:
    """SPI, pins and PWM at once: a digest of everything that was written."""

    def __init__(self):
        self.digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data):
        self.digest.update(data)
        self.bytes += len(data)

    def __call__(self, level):
        self.digest.update(bytes((level,)))

    def duty_u16(self, duty):
        pass


def panel(bus):
    return St7789(bus, bus, bus, bus, bus, (0, 0), 0, True)


def view():
    """Everything that a screen may show."""
    made = screens.View("Bäckerei Müller & Söhne", Texts(TEXTS))
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
    made.code = qr.encode("HTTP://PAY.EXAMPLE/P/" + "A2" * 50)
    made.seconds = 119
    return made


def drawn(state, width=240, height=320, shown=None):
    """The picture of a state."""
    picture = Picture(width, height)
    screens.SCREENS[state].draw(picture, screens.Fonts(FONTS), shown or view())
    return picture


def painted(picture, region):
    """The digest of what painting a region sends."""
    bus = Bus()
    painter = Painter(panel(bus), picture.width)
    asyncio.run(painter.paint(picture, region))
    return bus


def digests():
    """A line for each screen on each panel."""
    lines = []
    for width, height in ((240, 240), (240, 320)):
        for state in sorted(screens.SCREENS):
            picture = drawn(state, width, height)
            bus = painted(picture, (0, 0, width, height))
            lines.append("%dx%d %s %s" % (width, height, state, bus.digest.digest().hex()))
    return lines


def test_a_whole_screen_is_sent_as_12_bit_pixels():
    picture = drawn("idle")
    bus = painted(picture, (0, 0, 240, 320))
    assert 240 * 320 * 3 // 2 <= bus.bytes <= 240 * 320 * 3 // 2 + 16


def test_every_mark_is_inside_the_panel():
    for width, height in ((240, 240), (240, 320)):
        for state in screens.SCREENS:
            for left, top, right, bottom, _, _ in drawn(state, width, height).marks:
                assert left >= -2 and right <= width + 2, (state, width, height)
                assert top >= 0 and bottom <= height, (state, width, height, top, bottom)


def test_nothing_stands_in_the_quiet_zone():
    for height in (240, 320):
        shown = view()
        for length in (60, 120, 170, 190):
            shown.code = qr.encode("HTTP://PAY.EXAMPLE/P/" + "A" * length, "L")
            picture = drawn("qr", 240, height, shown)
            marks = [mark for mark in picture.marks if mark[4] is shown.code]
            assert len(marks) == 1
            left, top, right, bottom, _, (pixels, _) = marks[0]
            assert pixels >= 4
            quiet = 4 * pixels
            assert left >= quiet and right + quiet <= 240
            assert top >= quiet and bottom + quiet <= height
            for mark in picture.marks:
                if mark is marks[0]:
                    continue
                outside = (
                    mark[3] <= top - quiet
                    or mark[1] >= bottom + quiet
                    or mark[2] <= left - quiet
                    or mark[0] >= right + quiet
                )
                assert outside, (height, length, mark)


def test_the_longest_amount_overlaps_nothing():
    for height in (240, 320):
        shown = view()
        shown.sale.amount = 9999999999
        shown.sale.currency = "CHF"
        for state in ("choose", "qr", "paid"):
            marks = drawn(state, 240, height, shown).marks
            for index, one in enumerate(marks):
                for other in marks[index + 1 :]:
                    apart = (
                        one[2] - 4 <= other[0]
                        or other[2] - 4 <= one[0]
                        or one[3] <= other[1]
                        or other[3] <= one[1]
                    )
                    assert apart, (height, state, one, other)


def test_the_same_picture_needs_nothing():
    assert drawn("paid").difference(drawn("paid")) is not None  # the fonts are other objects
    fonts, shown = screens.Fonts(FONTS), view()
    pictures = Picture(240, 320), Picture(240, 320)
    for picture in pictures:
        screens.SCREENS["cart"].draw(picture, fonts, shown)
    assert pictures[0].difference(pictures[1]) is None


def test_a_tick_sends_only_the_clock():
    fonts, shown = screens.Fonts(FONTS), view()
    before, after = Picture(240, 320), Picture(240, 320)
    screens.SCREENS["qr"].draw(before, fonts, shown)
    shown.seconds -= 1
    screens.SCREENS["qr"].draw(after, fonts, shown)
    left, top, right, bottom = after.difference(before)
    assert painted(after, (left, top, right, bottom)).bytes < 2048


def test_another_code_is_sent_though_it_is_made_in_the_same_object():
    fonts, shown, encoder = screens.Fonts(FONTS), view(), qr.Encoder()
    before, after = Picture(240, 320), Picture(240, 320)
    shown.code = encoder.encode("HTTP://PAY.EXAMPLE/P/" + "A" * 99)
    screens.SCREENS["qr"].draw(before, fonts, shown)
    shown.code = encoder.encode("HTTP://PAY.EXAMPLE/P/" + "B" * 99)
    shown.sale.attempt = Attempt("1" * 24, "10000001", "3", 387, "EUR")
    screens.SCREENS["qr"].draw(after, fonts, shown)
    code = next(mark for mark in after.marks if mark[4] is shown.code)
    left, top, right, bottom = after.difference(before)
    assert left <= code[0] and top <= code[1] and right >= code[2] and bottom >= code[3]


def test_other_bands_redraw_everything():
    fonts, shown = screens.Fonts(FONTS), view()
    before, after = Picture(240, 320), Picture(240, 320)
    screens.SCREENS["idle"].draw(before, fonts, shown)
    screens.SCREENS["paid"].draw(after, fonts, shown)
    assert after.difference(before) == (0, 0, 240, 320)


def test_a_region_is_whole_bytes_inside_the_picture():
    before, after = Picture(240, 320), Picture(240, 320)
    for picture in (before, after):
        picture.begin((320, 0xFFFFFF, 0))
    after.fill(-5, 301, 12, 40, INK)
    assert after.difference(before) == (0, 301, 8, 320)


def test_painting_in_parts_or_whole_is_the_same():
    picture = drawn("cart")
    whole = painted(picture, (0, 0, 240, 320)).bytes
    parts = sum(painted(picture, (0, y, 240, y + 40)).bytes for y in range(0, 320, 40))
    assert abs(parts - whole) < 8 * 16


def test_a_missing_glyph_is_a_box_and_counts():
    font = Font(FONTS + "/small.tqf", 1000)
    box = font.glyph("\ufffd")
    assert font.glyph("中")[1:] == box[1:] and font.missing == 1
    assert font.width("aé€中") > 0
    assert font.glyph("€")[0] is not None and font.glyph("€")[1:] != box[1:]


def test_text_is_measured_cut_and_wrapped():
    font = Font(FONTS + "/small.tqf", 1000)
    for width in (20, 50, 100, 200):
        cut = font.fitted("A very long name that is cut", width)
        assert font.width(cut) <= width and cut.endswith("…")
        for line in screens.wrap("Press the QR key to pay with your phone", font, width):
            assert font.width(line) <= width
    assert font.fitted("short", 200) == "short"


def test_digits_have_one_width():
    for name in ("small", "medium", "large"):
        font = Font(FONTS + "/" + name + ".tqf", 1000)
        assert len({font.advance(digit) for digit in "0123456789"}) == 1


def test_a_file_that_is_no_font_is_refused():
    raises(ValueError, Font, TEXTS, 1000)
    raises(OSError, Font, FONTS + "/nothing.tqf", 1000)


def test_every_reason_has_a_text():
    from tillqr.sale.receipt import REASONS

    text = Texts(TEXTS)
    for reason in REASONS:
        assert text("reason_" + reason) != "reason_" + reason
    assert text("no_such_text") == "no_such_text"
