"""A model of a PN532: frames of its host go in, its own come out in their time (UM0701-02).

Its commands are those of chapter 7 that a reader needs; what it doesn't know it answers with the
error frame. Until it is woken and has its SAMConfiguration it says nothing ("low battery mode").
"""

import time
from collections import deque
from collections.abc import Callable

from host_sim.reader.faults import LATE_SECONDS, Faults, spoil
from host_sim.reader.field import Field
from host_sim.reader.frames import ACK, NACK, SYNTAX_ERROR, response
from host_sim.reader.targets import Targets

_ACK_SECONDS = 0.001
_WORK_SECONDS = 0.001
_VERSION = bytes.fromhex("32010607")  # PN532, firmware 1.6, all three technologies
_ITEMS = {1: 1, 2: 3, 4: 1, 5: 3, 0x0A: 11, 0x0B: 8, 0x0C: 3, 0x0D: 9}
"""RFConfiguration's items, with how many bytes each takes [7.3.1]."""
Result = tuple[bytes, float] | None


class Pn532Model:
    """One chip; host_sim/reader/ports.py has its three interfaces."""

    def __init__(self, field: Field, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds."""
        self.faults = Faults()
        self._field = field
        self._clock = clock
        self._outbox: deque[tuple[float, bytes]] = deque()
        self._last = b""
        self.dead = False
        """Whether it hangs until the power is cut."""
        self.power_on()

    def cut(self) -> None:
        """Its power was cut and came again."""
        self.dead = False
        self.power_on()

    def power_on(self) -> None:
        """It starts, after a power cut or a reset."""
        self.awake = False
        self._configured = False
        self._tired = False
        self._targets = Targets(self._field)
        self._outbox.clear()

    def wake(self) -> None:
        """Its bus woke it."""
        self.awake = not self.dead
        self._tired = False

    def sleep(self) -> None:
        """It hears nothing but what wakes it."""
        self.awake = False
        self._outbox.clear()

    def hear(self, frame: bytes, wire: float = 0.0) -> None:
        """A frame came: an ACK, a NACK, or a command without its frame; wire: the seconds that a
        byte takes on the way back."""
        if not self.awake:
            return
        if frame == ACK:
            self._outbox.clear()
        elif frame == NACK:
            if self._last:
                self._send(self._last, _WORK_SECONDS + wire * len(self._last))
        elif self._configured or frame[:1] == b"\x14":
            self._carry_out(frame, wire)

    def due(self) -> bytes | None:
        """The frame that can be read now, if there is one."""
        if self._outbox and self._outbox[0][0] <= self._clock():
            return self._outbox[0][1]
        return None

    def wait(self) -> float | None:
        """Seconds until there is a frame to read; None if nothing is to come."""
        return max(0.0, self._outbox[0][0] - self._clock()) if self._outbox else None

    def take(self) -> bytes | None:
        """The frame that can be read now, which isn't there any more then."""
        frame = self.due()
        if frame is not None:
            self._outbox.popleft()
            if self._tired and not self._outbox:
                self.sleep()
        return frame

    def _carry_out(self, command: bytes, wire: float) -> None:
        self._outbox.clear()  # a new command ends the one before
        self._send(ACK, _ACK_SECONDS + wire * len(ACK))
        if not self.awake:
            return
        done = self._do(command[0], command[1:])
        if done is None:
            self._send(SYNTAX_ERROR, 2 * _WORK_SECONDS)
            return
        data, took = done
        if took == float("inf"):
            return  # it searches until it is told to stop
        self._last = response(bytes((command[0] + 1,)) + data)
        seconds = _ACK_SECONDS + _WORK_SECONDS + took
        self._send(self._last, seconds + wire * (len(ACK) + len(self._last)))
        self._tired = command[0] == 0x16  # it sleeps once that was read

    def _send(self, frame: bytes, seconds: float) -> None:
        """Have a frame be read in some seconds, with the fault that it is to have."""
        kind = self.faults.next("out")
        if kind == "missing" or self.fail(kind):
            return
        if kind == "late":
            seconds += LATE_SECONDS
        frame = NACK if kind == "nacked" else spoil(frame, kind)
        self._outbox.append((self._clock() + seconds, frame))

    def fail(self, kind: str) -> bool:
        """The chip itself fails, if the fault is one of those that it can have."""
        if kind == "reset":
            self.power_on()
        elif kind in ("stalled", "dead"):
            self.dead = kind == "dead"
            self.sleep()
        return kind in ("reset", "stalled", "dead")

    def _do(self, code: int, data: bytes) -> Result:
        """Carry out a command: the response's data behind its code and the seconds it took; None if
        there is no such command."""
        targets = self._targets
        if code == 0x40 and data:
            return targets.exchange(data[0], data[1:])
        if code == 0x42 and data:
            return targets.through(data)
        if code == 0x4A and len(data) >= 2:
            return targets.search(data[0], data[1], data[2:])
        if code in (0x44, 0x52, 0x54) and len(data) == 1:
            return targets.select(data[0], code)
        if code == 0x00 and data == b"\x06":
            return targets.attendance()
        return self._configure(code, data)

    def _configure(self, code: int, data: bytes) -> Result:
        if code == 0x02 and not data:
            return _VERSION, 0.0
        if code == 0x12 and len(data) == 1:
            return b"", 0.0
        if code == 0x14 and data[:1] == b"\x01" and len(data) in (1, 2, 3):
            self._configured = True
            return b"", 0.0
        if code == 0x16 and data:
            self._targets.switch(False)
            return b"\0", 0.0
        if code == 0x32 and data and _ITEMS.get(data[0]) == len(data) - 1:
            if data[0] == 1:
                self._targets.switch(bool(data[1] & 1))
            if data[0] == 5:
                self._targets.retries = data[3]
            return b"", 0.0
        return None
