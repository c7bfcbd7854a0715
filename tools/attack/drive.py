"""Judges receipts with the firmware's own code, on CPython and on MicroPython: `drive.py [SPOIL]`.

Stdin has records: kind (1 byte), size (2 bytes), content. Those that ask get a line of JSON.

    B [device, key in hex, its number]              a new, empty book
    O [attempt, order, register, amount, currency]  opens an attempt
    D attempt                                       the register has its outcome
    J body                                          asks: ["accepted", attempt, state,
                                                    transaction, reason], or [why not]
    S attempt                                       asks: [state, transaction, reason], or []
    M                                               asks: [how much memory is taken]

SPOIL names a fault of spoil.py that is built in first.
"""

import gc
import json
import sys

from tillqr.sale import attempts, mac, receipt


def make_book(device: str, key: str, number: int) -> attempts.Attempts:
    """The target. This is the one place that constructs it."""
    return attempts.Attempts(device, [mac.Key(bytes.fromhex(key), number)])


def judge(book: attempts.Attempts, body: bytes) -> list:
    """What becomes of a body, as display.Display.accept asks; whatever is no refusal is named."""
    try:
        attempt = book.accept(receipt.parse(body))
    except receipt.Rejected as rejected:
        return [rejected.name]
    except Exception as error:  # noqa: BLE001  (nothing else may be raised: it is a finding)
        return ["raised " + repr(error)]
    return ["accepted", attempt.nonce, attempt.settled, attempt.transaction, attempt.reason]


def deliver(book: attempts.Attempts, nonce: str) -> None:
    """Mark an attempt as the display does when the register has acknowledged it."""
    attempt = book.find(nonce)
    if attempt is not None:
        attempt.outcome = attempt.settled
        attempt.delivered = True


def state(book: attempts.Attempts, nonce: str) -> list:
    """What the book knows of an attempt."""
    attempt = book.find(nonce)
    return [] if attempt is None else [attempt.settled, attempt.transaction, attempt.reason]


def memory() -> list:
    """Bytes of the heap that are taken; on CPython blocks."""
    gc.collect()
    if hasattr(gc, "mem_alloc"):
        return [gc.mem_alloc()]
    return [sys.getallocatedblocks()]


def serve(read, write) -> None:  # type: ignore[no-untyped-def]
    """Carry out records until there are no more."""
    book = make_book("none", "00" * 32, 0)
    while True:
        head = read(3)
        if len(head) < 3:
            return
        kind, content = head[:1], read(head[1] << 8 | head[2])
        answer = None
        if kind == b"J":
            answer = judge(book, content)
        elif kind == b"B":
            book = make_book(*json.loads(content))
        elif kind == b"O":
            book.open(*json.loads(content))
        elif kind == b"D":
            deliver(book, content.decode())
        elif kind == b"S":
            answer = state(book, content.decode())
        elif kind == b"M":
            answer = memory()
        if answer is not None:
            write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import spoil  # type: ignore[import-not-found]

        spoil.build_in(sys.argv[1])
    serve(sys.stdin.buffer.read, sys.stdout.buffer.write)
