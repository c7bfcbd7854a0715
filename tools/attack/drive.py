"""Judges receipts, charges and words on a tap with the firmware's own code, on CPython and on
MicroPython: `drive.py [SPOIL]`.

Stdin has records: kind (1 byte), size (2 bytes), content. Those that ask get a line of JSON.

    B [device, [[number, key in hex] ...]]          a new, empty book, the present key first
    O [attempt, order, register, amount, currency, method]
                                                    opens an attempt, which waits for its charge
    T [attempt, tap]                                a card is held to the reader
    D attempt                                       the register has its outcome
    J body                                          asks: ["accepted", attempt, state,
                                                    transaction, reason], or [why not]
    C body                                          asks: ["accepted", attempt, text], or [why not]
    W body                                          asks: ["accepted", step, verb, data in hex], or
                                                    [why not]
    S attempt                                       asks: [state, transaction, reason], or []
    M                                               asks: [how much memory is taken]

SPOIL names a fault of spoil.py that is built in first.
"""

import gc
import json
import sys

from tillqr.net import backend
from tillqr.sale import attempts, by_charge, checkout, journal, mac, receipt, tunnel

from host_sim.segments import MemorySegments

by_charge.load("tillqr.sale.charge")
by_charge.unload = lambda *_: None  # what spoil.py has changed in it stays so


class Judge:
    """The target: a book, and the backend's channel that has charges shown. It stands for the
    display too. This is the one place that constructs them."""

    def __init__(self, device: str, keys: list) -> None:
        known = [mac.Key(bytes.fromhex(key), number) for number, key in keys]
        kept = journal.Journal(MemorySegments())  # type: ignore[arg-type]
        self._keys = known
        self._book = attempts.Attempts(device, known, [], kept)
        self._backend = backend.Backend(None, self._book, None, 0, self, self._count)  # type: ignore
        till = checkout.Checkout(self._book, None, None)  # type: ignore[arg-type]
        way = by_charge.ByCharge(till, (device, known), self._count)
        way.happen = self.happen
        self._backend.charges = way
        self._tunnel: tunnel.Tunnel | None = None
        self._said: list = []

    def open(self, *fields) -> None:  # type: ignore[no-untyped-def]
        """Open an attempt, which waits for its charge."""
        self._book.open(*fields).question = "open"

    def judge(self, body: bytes) -> list:
        """What becomes of a body, as display.Display.accept asks; what is no refusal is named."""
        try:
            attempt = self._book.accept(receipt.parse(body))
        except receipt.Rejected as rejected:
            return [rejected.name]
        except Exception as error:  # noqa: BLE001  (nothing else may be raised: it is a finding)
            return ["raised " + repr(error)]
        return ["accepted", attempt.nonce, attempt.settled, attempt.transaction, attempt.reason]

    def charge(self, body: bytes) -> list:
        """What becomes of a charge that comes by the backend's channel."""
        self._said = ["dropped"]
        try:
            self._backend.deliver(body)
        except Exception as error:  # noqa: BLE001
            return ["raised " + repr(error)]
        return self._said

    def tap(self, nonce: str, name: str) -> None:
        """A card is held to the reader, for an attempt that is open."""
        attempt = self._book.find(nonce)
        self._tunnel = tunnel.Tunnel(attempt, name, "", self._keys)  # type: ignore[arg-type]

    def word(self, body: bytes) -> list:
        """What becomes of a word on the tap, as nfc/taps.py takes it."""
        self._said = ["dropped"]
        self._backend.word = None
        try:
            self._backend.deliver(body)
            if self._backend.word is None:
                return self._said
            assert self._tunnel is not None
            step = self._tunnel.say("gone", b"")["step"]
            verb, data = self._tunnel.take(self._backend.word)
        except tunnel.Broken as broken:
            return ["tap_" + broken.args[0]]
        except Exception as error:  # noqa: BLE001
            return ["raised " + repr(error)]
        return ["accepted", step, verb, data.hex()]

    def happen(self, event: str, attempt: attempts.Attempt) -> None:
        """A code is shown."""
        self._said = ["accepted", attempt.nonce, attempt.text] if event == "charge" else [event]

    def accept(self, body: bytes) -> tuple:
        """What came was no charge."""
        self._said = self.judge(body)
        return (0,)

    def _count(self, name: str) -> None:
        self._said = [name]

    def deliver(self, nonce: str) -> None:
        """Mark an attempt as the display does when the register has acknowledged it."""
        attempt = self._book.find(nonce)
        if attempt is not None:
            self._book.deliver(attempt)

    def state(self, nonce: str) -> list:
        """What the book knows of an attempt."""
        attempt = self._book.find(nonce)
        return [] if attempt is None else [attempt.settled, attempt.transaction, attempt.reason]


def memory() -> list:
    """Bytes of the heap that are taken; on CPython blocks."""
    gc.collect()
    if hasattr(gc, "mem_alloc"):
        return [gc.mem_alloc()]
    return [sys.getallocatedblocks()]


def serve(read, write) -> None:  # type: ignore[no-untyped-def]
    """Carry out records until there are no more."""
    target = Judge("none", [[0, "00" * 32]])
    while True:
        head = read(3)
        if len(head) < 3:
            return
        kind, content = head[:1], read(head[1] << 8 | head[2])
        answer = None
        if kind == b"J":
            answer = target.judge(content)
        elif kind == b"C":
            answer = target.charge(content)
        elif kind == b"B":
            target = Judge(*json.loads(content))
        elif kind == b"O":
            target.open(*json.loads(content))
        elif kind == b"T":
            target.tap(*json.loads(content))
        elif kind == b"W":
            answer = target.word(content)
        elif kind == b"D":
            target.deliver(content.decode())
        elif kind == b"S":
            answer = target.state(content.decode())
        elif kind == b"M":
            answer = memory()
        if answer is not None:
            write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import spoil  # type: ignore[import-not-found]

        spoil.build_in(sys.argv[1])
    serve(sys.stdin.buffer.read, sys.stdout.buffer.write)
