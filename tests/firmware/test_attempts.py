"""The book of attempts: a receipt counts once, for its attempt, and for nothing else."""

import json

from tillqr.sale.attempts import KEPT, MAX_ATTEMPTS, Full
from tillqr.sale.mac import Key
from tillqr.sale.receipt import Rejected, parse

from tests.support import empty_book, raises

KEY = Key(bytes(range(32)))
NONCE = "000102030405060708090a0b"


def book():
    attempts = empty_book([KEY])
    attempts.open(NONCE, "1001", "3", 1234, "EUR")
    return attempts


def signed(key=KEY, **changes):
    """A receipt for the book's attempt, changed and then signed."""
    fields = {"version": 1, "device": "D0001", "register": "3", "order": "1001", "key": 1}
    fields.update({"attempt": NONCE, "amount": 1234, "currency": "EUR", "state": "paid"})
    fields.update({"transaction": "T1", "reason": "", "mac": "00" * 32})
    fields.update(changes)
    fields["mac"] = key.mac(parse(json.dumps(fields).encode()).encoded()).hex()
    return parse(json.dumps(fields).encode())


def test_a_true_receipt_is_accepted_once():
    attempts = book()
    attempt = attempts.accept(signed())
    assert (attempt.settled, attempt.transaction) == ("paid", "T1")
    assert raises(Rejected, attempts.accept, signed()).name == "receipt_replayed"
    assert raises(Rejected, attempts.accept, signed(state="failed")).name == "receipt_replayed"


def test_money_may_still_follow_a_failure():
    for first in ("failed", "closed"):
        attempts = book()
        attempts.accept(signed(state=first, transaction=""))
        error = raises(Rejected, attempts.accept, signed(state=first, transaction=""))
        assert error.name == "receipt_replayed"
        assert attempts.accept(signed()).settled == "paid"


def test_everything_else_is_rejected_by_name_and_changes_nothing():
    attempts = book()
    cases = (
        (signed(key=Key(b"x" * 32)), "receipt_bad_mac"),
        (signed(device="D0002"), "receipt_wrong_device"),
        (signed(attempt="ff" * 12), "receipt_unknown_attempt"),
        (signed(order="1002"), "receipt_wrong_order"),
        (signed(register="4"), "receipt_wrong_register"),
        (signed(amount=1233), "receipt_wrong_amount"),
        (signed(amount=1235), "receipt_wrong_amount"),
        (signed(currency="USD"), "receipt_wrong_currency"),
    )
    for word, name in cases:
        assert raises(Rejected, attempts.accept, word).name == name
        assert attempts.find(NONCE).settled == ""
    assert attempts.accept(signed()).settled == "paid"


def test_only_settled_and_delivered_attempts_are_forgotten():
    attempts = empty_book([KEY])
    for number in range(MAX_ATTEMPTS):
        attempts.open("%024x" % number, str(number), "3", 1, "EUR")
    raises(Full, attempts.open, "f" * 24, "next", "3", 1, "EUR")
    done = attempts.find("%024x" % 5)
    done.settled, done.outcome = "paid", "paid"
    raises(Full, attempts.open, "f" * 24, "next", "3", 1, "EUR")
    done.delivered = True
    attempts.open("f" * 24, "next", "3", 1, "EUR")
    assert attempts.find("%024x" % 5) is None
    assert attempts.find("%024x" % 0) is not None


def test_the_last_ones_are_kept_and_no_more_than_needed():
    attempts = empty_book([KEY])
    waiting = attempts.open("f" * 24, "waiting", "3", 1, "EUR")
    for number in range(3 * KEPT):
        one = attempts.open("%024x" % number, str(number), "3", 1, "EUR")
        one.settled = one.outcome = "paid"
        one.delivered = True
        there = [at for at in range(number + 1) if attempts.find("%024x" % at)]
        assert there == list(range(max(0, number + 2 - KEPT), number + 1))
        assert attempts.find(waiting.nonce) is waiting


def test_what_is_undelivered_and_what_is_to_be_asked():
    attempts = book()
    attempt = attempts.find(NONCE)
    assert attempts.undelivered(None) is None and attempts.to_ask() is None
    attempt.question = "close"
    assert attempts.to_ask() is attempt
    attempt.outcome = "cancelled"
    assert attempts.undelivered(None) is attempt
    attempts.accept(signed(state="closed", transaction=""))
    assert attempts.to_ask() is None
    assert attempts.of_order("1001", None) is attempt and attempts.of_order("9", None) is None
