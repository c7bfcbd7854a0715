"""The symbol of a payment code fits its panel, or there is none."""

from tillqr.code_symbol import CodeSymbols
from tillqr.panel.code_layout import plan
from tillqr.qr import Encoder
from tillqr.sale.attempts import Attempt
from tillqr.sale.mac import Key
from tillqr.sale.payment_code import Sender

ADDRESS = ("192.168.1.17", 80)


def sender(shop="Corner Shop", device="D0001"):
    return Sender(device, b"\1\2\3\4\5\6", shop, Key(bytes(32), 1))


def attempt(order="1001", register="3"):
    return Attempt("0" * 24, order, register, 1234, "EUR")


class Recorder(Encoder):
    """An encoder that keeps what it encoded."""

    def encode(self, data, *others):
        self.asked = (data,) + others
        return super().encode(data, *others)


def symbols(width, height, backend="HTTPS://PAY.EXAMPLE", **of):
    recorder = Recorder()
    return recorder, CodeSymbols(recorder, lambda: sender(**of), backend, (width, height))


def test_a_code_is_as_long_as_was_said():
    for shop in ("x", "Corner Shop", "Bäckerei Müller & Söhne", "绿源生活超市连锁店"):
        for order, register in (("1", "3"), ("12345678901234567890", "12345678")):
            for shop_size in (Sender.shop_size, 7, 0):
                made = sender(shop).code(attempt(order, register), ADDRESS, shop_size)
                assert len(made) == sender(shop).length(order, register, shop_size)


def test_what_fits_is_shown_legibly():
    for width, height in ((135, 240), (240, 135), (170, 320), (240, 240), (240, 320)):
        for order in ("7", "20241187", "12345678901234567890"):
            for backend in ("HTTP://A.B", "HTTP://" + "H" * 33):
                recorder, made = symbols(width, height, backend)
                if made.fits(order, "3"):
                    symbol = made.make(attempt(order), ADDRESS)
                    assert plan(width, height, symbol.size)[0] >= 3
                    assert recorder.asked[0].startswith(backend + "/P/")
                else:
                    assert (width, height) in ((135, 240), (240, 135))
                    assert made.make(attempt(order), ADDRESS) is None


def test_the_level_is_m_where_it_costs_no_legibility():
    recorder, made = symbols(240, 320)
    made.make(attempt(), ADDRESS)
    assert recorder.asked[1] == "M"
    recorder, made = symbols(135, 240)
    made.make(attempt("20241187"), ADDRESS)
    assert recorder.asked[1] == "L"


def test_the_shops_name_gives_way():
    backend = "HTTP://" + "H" * 22
    recorder, made = symbols(135, 240, backend, shop="A shop of twenty byt")
    assert made.fits("20241187", "3")
    made.make(attempt("20241187"), ADDRESS)
    without = sender("A shop of twenty byt").code(attempt("20241187"), ADDRESS, 0)
    assert recorder.asked[0] == backend + "/P/" + without
    recorder, made = symbols(240, 320, backend, shop="A shop of twenty byt")
    made.make(attempt("20241187"), ADDRESS)
    assert len(recorder.asked[0]) > len(backend + "/P/" + without)


def test_nothing_fits_a_panel_that_is_too_small():
    _, made = symbols(100, 100)
    assert not made.fits("1", "3")
