"""One end of the till link: stop-and-wait in each direction (PROTOCOL.md, 3).

Pure: bytes and the time come in, bytes go out. Each side sends one frame, waits for its ACK or
NAK, and repeats it until one comes. The receiver knows a repeat by its sequence number and
answers it as it did before, so a repeat changes nothing. HELLO opens a direction: it names the
sender's boot and sets the sequence; a side that has heard none since its own start answers all
else with NAK "hello". Either side may therefore restart at any time.

Times are milliseconds of a counter that wraps at 2**30, as MicroPython's ticks do.
"""

import gc

from micropython import const

from tillqr.ticks import since
from tillqr.till import frame, message

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

_QUEUE = const(8)
_SLOWEST = const(5000)
_SILENT_AFTER = const(3)
_NEVER = const(3_600_000)


def answer_time(baud: int) -> int:
    """Milliseconds to wait for an answer: the longest frame there, one back, 250 ms to think."""
    return 250 + 2 * frame.MAX_ON_LINE * 10 * 1000 // baud


class Link:
    """Sends and receives messages over a line that may lose, double or spoil anything.

    deliver(kind, message) carries out a received message; it raises message.Refusal to have it
    answered with NAK. When it returns, ACK is sent: whatever must be stored is stored by then.
    settled(kind, message, reason, detail) tells what became of a sent message: reason "" for ACK,
    else the NAK's reason; a refused HELLO stays and is said again, slowly. count(name) counts what
    was refused or repeated.
    """

    def __init__(
        self,
        role: str,
        boot: str,
        baud: int,
        deliver: "Callable[[int, dict], None]",
        settled: "Callable[[int, dict, str, str], None]",
        count: "Callable[[str], None]",
        peers: str = "register display",
        tables: "dict[int, str]" = message.FIELDS,
    ) -> None:
        """peers: the roles that may be at the other end; tables: of the messages taken from there,
        as message.FIELDS."""
        self.boot = boot
        self._hello = {"protocol": message.PROTOCOL, "boot": boot, "role": role}
        self._peers = peers.split()
        self._tables = tables
        self._deliver = deliver
        self._settled = settled
        self._count = count
        self._reader = frame.FrameReader(self._receive, count)
        self._answer_time = answer_time(baud)
        self._wait = self._answer_time
        self._sequence = 0
        self._queue: list = [(message.HELLO, self._hello)]
        self._flying = False  # whether the queue's first message was sent and not yet answered
        self._sent_at = 0
        self._tries = 0
        self.heard = -1
        """Sequence of the last frame carried out; -1 before the peer's HELLO."""
        self._answer: "tuple | None" = None
        self._last_answer: tuple = (message.ACK, 0, {})
        self.peer_boot = ""

    @property
    def up(self) -> bool:
        """Whether the peer is there: its HELLO was heard and it answers."""
        return self.peer_boot != "" and self._tries < _SILENT_AFTER

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent or answered."""
        return len(self._queue)

    def send(self, kind: int, content: dict, latest: bool = False) -> bool:
        """Queue a message; False (and a count) if the queue is full.

        latest: it replaces one of its kind that was not sent yet.
        """
        if latest:
            self._drop_waiting(kind)
        if len(self._queue) >= _QUEUE:
            self._count("link_queue_full")
            return False
        self._queue.append((kind, content))
        return True

    def _drop_waiting(self, kind: int) -> None:
        for index in range(len(self._queue) - 1, 0 if self._flying else -1, -1):
            if self._queue[index][0] == kind:
                self._queue.pop(index)

    def withdraw(self, content: dict) -> None:
        """Forget a message that nobody waits for any more; it may have been heard."""
        for index in range(len(self._queue)):
            if self._queue[index][1] is content:
                self._queue.pop(index)
                if index == 0 and self._flying:
                    self._flying = False
                    self._sequence = (self._sequence + 1) & 0xFF
                return

    def feed(self, data: bytearray, length: int) -> None:
        """Take data[:length] as it came from the line."""
        self._reader.feed(data, length)

    def output(self, now: int) -> "memoryview | None":
        """The next bytes to write, or None if nothing is due."""
        if self._answer is not None:
            kind, sequence, content = self._answer
            self._answer = None
            return self._frame(kind, sequence, content)
        if not self._queue or (self._flying and since(now, self._sent_at) < self._wait):
            return None
        if self._flying:
            self._count("link_repeated")
            self._tries += 1
            if self._tries > 1:
                self._wait = min(_SLOWEST, self._wait * 2)
        self._flying = True
        self._sent_at = now
        kind, content = self._queue[0]
        return self._frame(kind, self._sequence, content)

    def _frame(self, kind: int, sequence: int, content: dict) -> "memoryview | None":
        """A frame; None where memory ran out: what is not answered is repeated, by either side."""
        try:
            return frame.build(kind, sequence, message.build(content))
        except MemoryError:
            self._count("link_no_memory")
            gc.collect()
            return None

    def due(self, now: int) -> int:
        """Milliseconds until `output` has something without anything being received."""
        if self._answer is not None:
            return 0
        if not self._queue:
            return _NEVER
        return max(0, self._wait - since(now, self._sent_at)) if self._flying else 0

    def _receive(self, version: int, kind: int, sequence: int, payload: memoryview) -> None:
        if kind in (message.ACK, message.NAK):
            self._take_answer(kind, sequence, payload)
        elif version != frame.VERSION:
            self._refuse(sequence, message.Refusal("version", str(frame.VERSION)))
        else:
            self._take_message(kind, sequence, payload)

    def _take_message(self, kind: int, sequence: int, payload: memoryview) -> None:
        if kind == message.HELLO:
            self._take_hello(sequence, payload)
        elif self.heard < 0:
            self._refuse(sequence, message.Refusal("hello"))
        elif sequence == self.heard:
            self._count("link_duplicate")
            self._answer = self._last_answer
        elif sequence != (self.heard + 1) & 0xFF:
            self._refuse(sequence, message.Refusal("sequence", str((self.heard + 1) & 0xFF)))
        else:
            answer = self._carry_out(kind, sequence, payload)
            if answer is not None:
                self.heard = sequence
                self._last_answer = self._answer = answer

    def _carry_out(self, kind: int, sequence: int, payload: memoryview) -> "tuple | None":
        """The answer, or None where memory ran out: unanswered, the peer repeats it."""
        try:
            self._deliver(kind, message.parse(kind, payload, self._tables))
        except message.Refusal as refusal:
            return self._nak(sequence, refusal)
        except MemoryError:
            self._count("link_no_memory")
            gc.collect()
            return None
        return (message.ACK, sequence, {})

    def _take_hello(self, sequence: int, payload: memoryview) -> None:
        try:
            hello = message.parse(message.HELLO, payload)
        except message.Refusal as refusal:
            self._refuse(sequence, refusal)
            return
        if hello["protocol"] != message.PROTOCOL:
            self._refuse(sequence, message.Refusal("version", str(message.PROTOCOL)))
            return
        role = hello["role"]
        if role == self._hello["role"] or role not in self._peers:
            self._refuse(sequence, message.Refusal("role"))  # our own echo, or a wrong cable
            return
        repeated = hello["boot"] == self.peer_boot and sequence == self.heard
        restarted = self.peer_boot not in ("", hello["boot"])
        self.peer_boot = hello["boot"]
        self.heard = sequence
        self._last_answer = self._answer = (message.ACK, sequence, {})
        self._alive()
        if restarted:
            self.greet()
        if not repeated:
            self._deliver(message.HELLO, hello)

    def greet(self) -> None:
        """Send HELLO before all else: the peer has heard none from us since its start."""
        self._flying = False
        if self._queue and self._queue[0][0] == message.HELLO:
            return  # whether it was heard is not known: it is said again at once
        self._sequence = (self._sequence + 1) & 0xFF
        self._queue.insert(0, (message.HELLO, self._hello))

    def _refuse(self, sequence: int, refusal: message.Refusal) -> None:
        self._answer = self._nak(sequence, refusal)

    def _nak(self, sequence: int, refusal: message.Refusal) -> tuple:
        self._count("link_refused")
        return (message.NAK, sequence, {"reason": refusal.reason, "detail": refusal.detail})

    def _take_answer(self, kind: int, sequence: int, payload: memoryview) -> None:
        if not self._flying or sequence != self._sequence:
            self._count("link_stale_answer")
            return
        try:
            answer = message.parse(kind, payload)
        except message.Refusal:
            self._count("link_bad_answer")
            return
        self._alive()
        reason = answer["reason"] if kind == message.NAK else ""
        kind, content = self._queue[0]
        if kind == message.HELLO and reason:
            self._wait = _SLOWEST  # a peer that can't be spoken to now: ask again, slowly
        elif reason in ("hello", "sequence"):
            self.greet()
            return
        else:
            self._flying = False
            self._sequence = (self._sequence + 1) & 0xFF
            self._queue.pop(0)
        self._settled(kind, content, reason, answer.get("detail", ""))

    def _alive(self) -> None:
        self._tries = 0
        self._wait = self._answer_time
