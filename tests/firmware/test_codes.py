"""What stays of the codes is what a code symbol and a sender make, and nothing that makes them."""

import sys

from tillqr.code_symbol import CodeSymbols
from tillqr.codes import Codes, room
from tillqr.qr import Encoder
from tillqr.sale.attempts import Attempt
from tillqr.sale.mac import Key
from tillqr.sale.payment_code import Sender

ADDRESS = ("192.168.1.17", 80)
_OWN = ("D0001", b"\1\2\3\4\5\6", "Corner Shop", Key(bytes(32), 1), None)
_LET_GO = ("code_symbol", "qr.encoder", "qr.functions", "qr.tables", "sale.payment_code")


def attempt(order="1001", register="3"):
    return Attempt("0" * 24, order, register, 1234, "EUR")


def codes(size=(240, 320), backend="HTTPS://PAY.EXAMPLE", foreign=False):
    return Codes(*_OWN, backend, size, foreign, lambda: bytearray(room(foreign)))


def rows(symbol):
    return [bytes(symbol.row(y)) for y in range(symbol.size)]


def loaded():
    """Which of the modules are there that are needed for a moment only."""
    return [name for name in _LET_GO if "tillqr." + name in sys.modules]


def test_a_symbol_is_the_one_that_is_asked_for():
    made = codes()
    for order in ("7", "20241187", "12345678901234567890"):
        right = CodeSymbols(Encoder(), lambda: Sender(*_OWN), "HTTPS://PAY.EXAMPLE", (240, 320))
        symbol = made.make(attempt(order), ADDRESS)
        assert rows(symbol) == rows(right.make(attempt(order), ADDRESS))
        assert loaded() == []


def test_what_fits_is_what_has_a_symbol():
    for size in ((135, 240), (240, 135), (170, 320), (240, 320), (100, 100)):
        for backend in ("HTTP://A.B", "HTTP://" + "H" * 22, "HTTP://" + "H" * 33):
            made = codes(size, backend)
            assert loaded() == []
            right = CodeSymbols(Encoder(), lambda: Sender(*_OWN), backend, size)
            for length in range(1, 21):
                for register in ("3", "12345678"):
                    names = ("9" * length, register)
                    assert made.fits(*names) == right.fits(*names), (size, backend, names)


def test_a_text_of_the_backends_own():
    made = codes(foreign=True)
    shown = attempt()
    shown.text = "x" * 500
    assert made.make(shown, ADDRESS) is None and loaded() == []
    shown.text = "00020101021229370016"
    assert rows(made.make(shown, ADDRESS)) == rows(Encoder().encode(shown.text, "M"))


def test_a_question_names_the_code_and_is_signed():
    shown = attempt()
    shown.question = "close"
    sender = Sender(*_OWN)
    right = sender.query(sender.code(shown, ADDRESS), "close")
    assert codes().question(shown, ADDRESS) == right
    assert loaded() == []


def test_the_same_symbol_object_holds_the_next_one():
    made = codes()
    first = made.make(attempt("7"), ADDRESS)
    before = rows(first)
    assert made.make(attempt("8"), ADDRESS) is first and rows(first) != before
