"""Receipts: a fixed encoding, and no other form gets through."""

import json

from tillqr.sale import receipt
from tillqr.sale.mac import Key

from tests import vectors
from tests.support import raises

KEY = Key(bytes(range(32)))


def vector_lines():
    lines = vectors.load("receipts")
    assert len(lines) == 6
    return [(lines[at], lines[at + 1]) for at in range(0, len(lines), 2)]


def test_vectors():
    for body, encoded in vector_lines():
        word = receipt.parse(body.encode())
        assert word.encoded().hex() == encoded
        assert word.authentic([KEY])
        assert not word.authentic([Key(b"another device's key, 32 bytes..")])
        assert not word.authentic([Key(bytes(range(32)), 2)])


def test_every_signed_field_is_under_the_mac():
    fields = json.loads(vector_lines()[0][0])
    others = {
        "device": "D0002",
        "register": "4",
        "order": "1002",
        "attempt": "100102030405060708090a0b",
        "amount": 1235,
        "currency": "USD",
        "state": "failed",
        "transaction": "T1e",
        "reason": "x",
        "key": 2,
    }
    for name in others:
        changed = dict(fields)
        changed[name] = others[name]
        word = receipt.parse(json.dumps(changed).encode())
        assert not word.authentic([KEY]), name


def test_fields_can_not_slide_into_each_other():
    fields = json.loads(vector_lines()[0][0])
    one, other = dict(fields), dict(fields)
    one["register"], one["order"] = "1", "23"
    other["register"], other["order"] = "12", "3"
    encoded = [receipt.parse(json.dumps(case).encode()).encoded() for case in (one, other)]
    assert encoded[0] != encoded[1]


def test_wrong_types_and_sizes_are_malformed():
    fields = json.loads(vector_lines()[0][0])
    changes = (
        ("version", (2, True, "1", 1.0, None)),
        ("key", (-1, 256, True, "1", None)),
        ("amount", (0, -1, True, 1234.0, "1234", 10000000000, None, [1234])),
        ("state", ("", "Paid", "open", "pending", True, None)),
        ("device", ("", "D" * 13, 1, None)),
        ("register", ("", "R" * 9)),
        ("order", ("", "O" * 21)),
        ("attempt", ("", "0" * 23, "0" * 25, 0)),
        ("currency", ("EU", "EURO", 978)),
        ("transaction", ("T" * 41, None, 1)),
        ("reason", ("r" * 25, None)),
        ("mac", ("", "00" * 31, "zz" * 32, None, 0)),
    )
    for name, values in changes:
        for value in values:
            changed = dict(fields)
            changed[name] = value
            error = raises(receipt.Rejected, receipt.parse, json.dumps(changed).encode())
            assert error.name == "receipt_malformed"
        del changed[name]
        raises(receipt.Rejected, receipt.parse, json.dumps(changed).encode())


def test_no_body_is_fatal():
    body = vector_lines()[0][0].encode()
    for size in range(len(body)):
        raises(receipt.Rejected, receipt.parse, body[:size])
    for bad in (b"[]", b"null", b"7", b'"x"', b"\xff" * 20, b"[" * 700, b" " * 800 + body):
        raises(receipt.Rejected, receipt.parse, bad)
