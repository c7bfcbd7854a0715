"""A card machine with a protocol of its own, and a POS program's driver for it.

As in many of them a block is STX, text, ETX and the XOR of text and ETX, and each block is answered
with ACK or NAK.
"""

import threading
import time
from collections.abc import Callable

import serial

_STX, _ETX, _ACK, _NAK = b"\x02", b"\x03", b"\x06", b"\x15"
_TURN_SECONDS = 0.02
_TRIES = 3


class ForeignError(RuntimeError):
    """The machine does not answer, or not by its protocol."""


def block(text: str) -> bytes:
    """A block on the line."""
    body = text.encode("ascii") + _ETX
    check = 0
    for byte in body:
        check ^= byte
    return _STX + body + bytes((check,))


def _byte(port: serial.SerialBase, going: Callable[[], bool]) -> bytes:
    """The next byte; b"" once it isn't `going` any more."""
    while going():
        if byte := port.read(1):
            return bytes(byte)
    return b""


def receive(port: serial.SerialBase, going: Callable[[], bool]) -> str:
    """The next good block's text, which is acknowledged; "" once it isn't `going` any more."""
    while byte := _byte(port, going):
        if byte != _STX:
            continue  # noise
        body = b""
        while byte and byte != _ETX:
            byte = _byte(port, going)
            body += byte
        check = _byte(port, going)
        text = body[:-1].decode("ascii", "replace")
        good = block(text)[-1:] == check
        port.write(_ACK if good else _NAK)
        if good:
            return text
    return ""


def send(port: serial.SerialBase, text: str, seconds: float = 5) -> None:
    """Send a block until it is acknowledged; raises ForeignError."""
    for _ in range(_TRIES):
        port.write(block(text))
        until = time.monotonic() + seconds
        if _byte(port, lambda until=until: time.monotonic() < until) == _ACK:  # type: ignore[misc]
            return
    raise ForeignError("the card machine does not acknowledge")


def charge(port: serial.SerialBase, amount: int, currency: str, seconds: float = 30) -> dict:
    """Have the machine charge a card: {"outcome", "transaction", "reason"}; raises ForeignError."""
    send(port, f"PAY {amount} {currency}")
    until = time.monotonic() + seconds
    word, _, rest = receive(port, lambda: time.monotonic() < until).partition(" ")
    if word == "OK":
        return {"outcome": "paid", "transaction": rest, "reason": ""}
    if word == "NO":
        return {"outcome": "failed", "transaction": "", "reason": rest}
    raise ForeignError("the card machine does not say what became of it")


class ForeignMachine:
    """A machine that is switched on; it says to each payment what `answer` is."""

    def __init__(self, port: str, answer: str, baud: int = 115200) -> None:
        """port: where it is plugged in; answer: "OK TRANSACTION" or "NO REASON"."""
        self._serial = serial.serial_for_url(port, baud, timeout=_TURN_SECONDS)
        self._answer = answer
        self.charged: list[str] = []
        """The payments that were approved."""
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Switch it off."""
        self._going = False
        self._thread.join()
        self._serial.close()

    def _run(self) -> None:
        while self._going:
            words = receive(self._serial, lambda: self._going).split()
            if words[:1] == ["PAY"]:
                if self._answer.startswith("OK"):
                    self.charged.append(" ".join(words[1:]))
                send(self._serial, self._answer)
