"""One hop of a result, some times, on MicroPython: `drive.py HOP TIMES`; callgrind counts it.

The hops follow each other in the board, from a receipt's bytes to those of the RESULT frame.
"""

import sys

from tillqr.sale import attempts, checkout, journal, mac, receipt
from tillqr.till import frame, message

from host_sim.segments import MemorySegments

KEY = mac.Key(bytes(range(32)), 1)
NONCE = "000102030405060708090a0b"
BODY = (
    b'{"version": 1, "device": "D0001", "register": "3", "order": "1001", '
    b'"attempt": "000102030405060708090a0b", "amount": 1234, "currency": "EUR", "state": "paid", '
    b'"transaction": "T1f", "reason": "", "key": 1, '
    b'"mac": "f713be89b3ec3aa68d2c0313a43903a6f0a035f67a3aded893ec877026352e4f"}'
)  # of PROTOCOL.md, 6.1


PAY = {"order": "1001", "register": "3", "amount": 1234, "currency": "EUR", "method": "qr"}


def make_book():
    """An empty one."""
    return attempts.Attempts("D0001", [KEY], [], journal.Journal(MemorySegments()))


def read():
    """The JSON of a receipt, and its form."""
    receipt.parse(BODY)


def verify():
    """Its MAC, that it is of the attempt, and its record in the journal but for the flash."""
    book = make_book()
    book.open(NONCE, "1001", "3", 1234, "EUR")
    book.keep(book.accept(WORD))


def decide():
    """The checkout's row of it."""
    book = make_book()
    till = checkout.Checkout(book, lambda: NONCE, lambda *_: True)
    till.lacks = ""
    till.handle("pay", PAY)
    till.sale.attempt.settle(WORD)
    till.handle("receipt", till.sale.attempt)


def make_frame():
    """RESULT as it goes on the line."""
    attempt = attempts.Attempt(NONCE, "1001", "3", 1234, "EUR")
    attempt.outcome, attempt.transaction = "paid", "T1f"
    frame.build(message.RESULT, 1, message.build(attempt.result()))


WORD = receipt.parse(BODY)
HOPS = {"read": read, "verify": verify, "decide": decide, "frame": make_frame}
hop = HOPS[sys.argv[1]]
for _ in range(int(sys.argv[2])):
    hop()
