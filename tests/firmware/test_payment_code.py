"""The payment code: packed as documented, and always small enough."""

from tillqr import code_symbol, qr
from tillqr.sale import payment_code
from tillqr.sale.attempts import Attempt
from tillqr.sale.mac import Key

from tests import vectors

KEY = Key(bytes(range(32)))
SERIAL = bytes.fromhex("a4cf12345678")


def from_vector(line):
    device, host, port, amount, currency, register, order, nonce, shop, code = line.split(" ")
    attempt = Attempt(nonce, order, register, int(amount), currency)
    sender = payment_code.Sender(device, SERIAL, shop.replace("_", " "), KEY)
    return sender, attempt, (host, int(port)), code


def test_vectors():
    lines = vectors.load("codes")
    assert len(lines) == 2
    for line in lines:
        sender, attempt, address, code = from_vector(line)
        assert sender.code(attempt, address) == code


def test_query_vectors():
    sender, _, _, code = from_vector(vectors.load("codes")[0])
    for line in vectors.load("queries"):
        verb, mac = line.split(" ")
        assert sender.query(code, verb) == {"code": code, "verb": verb, "mac": mac}


def test_base32():
    cases = (("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI"))
    for text, encoded in cases:  # RFC 4648, section 10
        assert payment_code.base32(text.encode()) == encoded


def test_the_longest_code_stays_at_version_7():
    sender = payment_code.Sender("D" * 12, SERIAL, "é" * 40, KEY)
    attempt = Attempt("f" * 24, "O" * 20, "R" * 8, 9999999999, "EUR")
    code = sender.code(attempt, ("255.255.255.255", 65535))
    text = code_symbol.url("HTTP://" + "H" * 33, code)
    assert len(text) == 216
    assert qr.version_for(text, "L") <= 7


def test_a_usual_code_fits_version_6_at_level_m():
    sender = payment_code.Sender("D0001", SERIAL, "Corner Shop", KEY)
    attempt = Attempt("f" * 24, "10000001", "3", 1234, "EUR")
    code = sender.code(attempt, ("192.168.1.17", 80))
    text = code_symbol.url("HTTP://PAY.EXAMPLE.COM", code)
    assert qr.version_for(text, "M") <= 6


def test_tokens():
    """The vector of the protocol, and that each step has its own."""
    for line in vectors.load("tokens"):
        secret, unix, token = line.split(" ")
        key = Key(secret.encode())
        step = int(unix) // 30
        assert payment_code.token(key, step) == token
        assert payment_code.token(key, step - 1) != token != payment_code.token(key, step + 1)
