"""A charge of the backend counts only for its device and attempt, under a key of the device."""

import json

from tillqr.sale.attempts import Attempt
from tillqr.sale.charge import Charges
from tillqr.sale.mac import Key

from tests import vectors

NONCE = "000102030405060708090a0b"


def attempt(amount=1234, currency="EUR", nonce=NONCE):
    return Attempt(nonce, "1001", "3", amount, currency)


def charges(device="D0001", number=1, secret=bytes(range(32))):
    keys = [Key(b"present key, 16.", 9), Key(secret, number)]
    return Charges(device, keys)


def test_vectors():
    lines = vectors.load("charges")
    assert lines
    for line in lines:
        word = json.loads(line)
        assert charges().holds(word, attempt())
        assert not charges(device="D0002").holds(word, attempt())
        assert not charges(number=2).holds(word, attempt())
        assert not charges(secret=bytes(32)).holds(word, attempt())
        for other in (attempt(1235), attempt(currency="USD"), attempt(nonce="0" * 24)):
            assert not charges().holds(word, other)


def test_whatever_is_changed_is_refused():
    good = json.loads(vectors.load("charges")[0])
    for name, values in (
        ("version", (2, "1", 1.0, True, None)),
        ("device", ("D0002", 1, None)),
        ("text", ("", "weixin://other", "x" * 513, "weixin://\u00e9", "a\nb", 7, None)),
        ("key", (9, 0, 256, -1, 1 << 64, "1", 1.0, True, None)),
        ("mac", ("", good["mac"][:-2], good["mac"] + "00", "00" * 32, "zz" * 32, 5, None)),
    ):
        for value in values:
            word = dict(good)
            word[name] = value
            assert not charges().holds(word, attempt()), (name, value)
        missing = dict(good)
        del missing[name]
        assert not charges().holds(missing, attempt()), name
