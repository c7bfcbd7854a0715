"""Messages: only what the protocol's tables allow gets through."""

import json

from tillqr.till import message

from tests import vectors
from tests.support import pay, raises


def test_refused_vectors():
    lines = vectors.load("refused messages")
    assert len(lines) > 20
    for line in lines:
        kind, rest = line.split(" ", 1)
        payload, reason, detail = rest.rsplit(" ", 2)
        refusal = raises(message.Refusal, message.parse, int(kind), payload.encode())
        assert refusal.reason == reason, line
        assert refusal.detail == ("" if detail == "-" else detail), line


def test_a_message_comes_back_with_known_fields_only():
    sent = pay(method="qr", colour="red")
    got = message.parse(message.PAY, message.build(sent))
    assert got == pay(method="qr")


def test_a_field_that_a_message_does_not_have_is_not_looked_at():
    for currency in (978, None, "no such"):
        content = {"currency": currency, "reason": "busy", "order": "1"}
        for kind in (message.ACK, message.NAK, message.QUERY):
            assert "currency" not in message.parse(kind, message.build(content))


def test_empty_messages():
    assert message.build({}) == b""
    assert message.parse(message.QUERY, b"") == {}
    assert message.parse(message.ACK, b"") == {}
    assert raises(message.Refusal, message.parse, message.PAY, b"").reason == "field"


def test_invalid_utf8():
    refusal = raises(message.Refusal, message.parse, message.CANCEL, b'{"order":"\xff\xfe"}')
    assert refusal.reason == "utf8"


def test_deep_nesting_is_refused_not_fatal():
    payload = b"[" * 512 + b"]" * 512
    assert raises(message.Refusal, message.parse, message.CANCEL, payload).reason == "json"


def test_control_characters_are_refused():
    for bad in ("a\x00b", "a\x1b[31m", "a\x7f", "\x85"):
        line = {"name": bad, "amount": 1}
        cart = {"order": "1", "currency": "EUR", "total": 1, "first": 0, "lines": [line]}
        refusal = raises(message.Refusal, message.parse, message.CART, message.build(cart))
        assert (refusal.reason, refusal.detail) == ("field", "lines")


def test_lengths_are_bytes():
    line = {"name": "é" * 20, "amount": 1}
    cart = {"order": "1", "currency": "EUR", "total": 1, "first": 0, "lines": [line]}
    message.parse(message.CART, message.build(cart))
    line["name"] += "e"
    raises(message.Refusal, message.parse, message.CART, message.build(cart))


def test_the_longest_cart_line_fits_a_frame():
    line = {"name": "x" * 40, "quantity": "x" * 10, "amount": -9999999999}
    cart = {"order": "x" * 20, "currency": "EUR", "total": 9999999999, "first": 9999}
    cart["lines"] = [line] * message.MAX_LINES
    assert len(json.dumps(cart)) <= 1024


def test_names_of_types():
    assert message.name_of(message.HELLO) == "HELLO"
    assert message.name_of(message.RESULT) == "RESULT"
    assert message.name_of(message.NAK) == "NAK"
