"""One end of a till link on a serial port of a PC: a thread that keeps the line, and calls that
wait for answers."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import serial
from tillqr.till import message
from tillqr.till.link import Link

POLL_SECONDS = 0.02
ANSWER_SECONDS = 15.0
_REFUSALS = {
    "already_paid": "this order is paid already",
    "amount": "the amount must be a whole number of minor units, from 1 to 9,999,999,999",
    "busy": "the {} is busy with another sale: cancel it first",
    "currency": "the currency is no ISO 4217 code",
    "field": "a field is missing or wrong",
    "full": "the display holds too many results that no register has taken",
    "no_network": "the display could not hear now whether a code was paid",
    "no_reader": "no card can be tapped at the display now",
    "no_sale": "there is no sale to cancel",
    "setup": "the display is not set up yet: `python -m tools.provision` does that",
    "storage": "the {} could not store it, so it would be lost in a power cut",
    "type": "the {} does not take that now",
    "unknown_order": "the display is busy with another order",
}


class RegisterError(RuntimeError):
    """The register can't go on; the text says why."""


class NoAnswer(RegisterError):
    """The peer did not answer in time."""


class Refused(RegisterError):
    """The peer refused; `reason` is the name in PROTOCOL.md, 5."""

    def __init__(self, reason: str, detail: str = "", peer: str = "display") -> None:
        words = _REFUSALS.get(reason, "the {} refused").format(peer)
        super().__init__(f"{words} ({reason}{': ' if detail else ''}{detail})")
        self.reason = reason
        self.detail = detail


class Line:
    """A serial port with a link on it; what comes is given to `_deliver`, in a thread."""

    PEER = "display"
    """What is at the other end, in words."""

    def __init__(self, port: str, baud: int, link: Link) -> None:
        """port: a serial port, or a URL that pyserial knows (socket://HOST:PORT); link: one that
        calls `_deliver`, `_settled` and `_count` of this object.

        Raises RegisterError if the port can't be opened. `start` begins to carry.
        """
        try:
            self._serial = serial.serial_for_url(port, baud, timeout=POLL_SECONDS)
        except (OSError, ValueError) as error:
            raise RegisterError(f"can't open the serial port {port}: {_words(error)}") from None
        self.counters: dict[str, int] = {}
        """What the line refused, repeated or lost."""
        self._link = link
        self._changed = threading.Condition()
        self._asking = threading.Lock()
        self._asked: dict | None = None
        self._answer: tuple[str, str] | None = None
        self._failure: Exception | None = None
        self._closing = False
        self._lent = False
        self._resting = threading.Event()
        self._thread = threading.Thread(target=self._run, name="till link", daemon=True)

    def start(self) -> None:
        """Begin to carry messages."""
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        self._closing = True
        with self._changed:
            self._changed.notify_all()
        self._thread.join()
        self._serial.close()

    # Requests and answers.

    def _check(self, kind: int, content: dict) -> None:
        """Look at a message as the peer will; raises message.Refusal."""
        message.parse(kind, message.build(content))

    def _name(self, kind: int) -> str:
        return message.name_of(kind)

    def _request(self, kind: int, content: dict, timeout: float) -> None:
        """Send a message and wait for ACK; raises Refused or NoAnswer."""
        try:
            self._check(kind, content)
        except message.Refusal as refusal:
            raise Refused(refusal.reason, refusal.detail) from None
        with self._asking:
            with self._changed:
                self._asked, self._answer = content, None
                self._link.send(kind, content)
            try:
                words = f"the {self.PEER} does not answer {self._name(kind)}"
                self._wait(lambda: self._answer is not None or None, timeout, words)
            finally:
                with self._changed:
                    self._asked = None
                    self._link.withdraw(content)
            if self._answer and self._answer[0]:
                raise Refused(*self._answer, peer=self.PEER)

    def _wait(self, ready: Callable[[], object], timeout: float, otherwise: str) -> dict:
        """Wait until ready() is true and return it; raises NoAnswer or what ended the thread."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (value := ready()):
                if self._failure is not None:
                    raise RegisterError(f"the serial port failed: {_words(self._failure)}")
                if self._closing:
                    raise RegisterError("the serial port was closed")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NoAnswer(otherwise)
                self._changed.wait(left)
            return value  # type: ignore[return-value]

    @contextlib.contextmanager
    def _lend(self) -> Iterator[serial.SerialBase]:
        """The serial port itself: nothing else is sent or taken meanwhile. Behind it the link says
        HELLO, which gives the line back."""
        self._resting.clear()
        self._lent = True
        self._resting.wait()
        try:
            yield self._serial
        finally:
            self._take_back()
            self._lent = False

    def _take_back(self) -> None:
        """Have the link say HELLO, which ends a pass-through."""
        with self._changed:
            self._link.greet()

    # The thread that keeps the line.

    def _run(self) -> None:
        try:
            while not self._closing:
                if self._lent:
                    self._resting.set()
                    time.sleep(POLL_SECONDS)
                else:
                    self._turn()
        except (OSError, serial.SerialException) as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _turn(self) -> None:
        """Send what is due; take what has come, or wait a little for it."""
        with self._changed:
            self._send_due()
        data = bytearray(self._serial.read(max(1, self._serial.in_waiting)))
        if data:
            with self._changed:
                self._link.feed(data, len(data))
                self._send_due()
                self._changed.notify_all()

    def _send_due(self) -> None:
        while (output := self._link.output(_now())) is not None:
            self._serial.write(output)

    def _count(self, name: str) -> None:
        self.counters[name] = self.counters.get(name, 0) + 1

    def _settled(self, kind: int, content: dict, reason: str, detail: str) -> None:
        """A message of ours was acknowledged or refused; the thread's."""
        if kind == message.HELLO and reason:
            self._failure = RegisterError(f"the {self.PEER} refused HELLO ({reason})")
        if content is self._asked:
            self._answer = (reason, detail)


def _now() -> int:
    return time.monotonic_ns() // 1_000_000 & 0x3FFFFFFF


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
