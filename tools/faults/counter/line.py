"""The till line between board and register, byte by byte in virtual time, with its faults."""

import math
import random

_PIECE = 16
_BITS = 10
"""Of a byte on the line: start, eight, stop."""
_RX_BUFFER = 2048
_READ, _WRITE = 1, 4


class Trouble:
    """What the line does to bytes while it is bad; each is a probability a byte, but `bit_errors`
    a bit and `delayed` a piece."""

    def __init__(self, bit_errors=0, dropped=0, doubled=0, swapped=0, delayed=0):
        self.bit_errors = bit_errors
        self.dropped = dropped
        self.doubled = doubled
        self.swapped = swapped
        self.delayed = delayed

    def spoil(self, data):
        """The bytes that arrive."""
        data = bytearray(data)
        for at in _hits(8 * len(data), self.bit_errors):
            data[at // 8] ^= 1 << at % 8
        for at in _hits(len(data) - 1, self.swapped):
            data[at], data[at + 1] = data[at + 1], data[at]
        for at in reversed(_hits(len(data), self.doubled)):
            data = data[: at + 1] + data[at:]
        for at in reversed(_hits(len(data), self.dropped)):
            data = data[:at] + data[at + 1 :]
        return data


def _hits(size, probability):
    """Which of some independent things happen."""
    hits = []
    at = _skip(probability)
    while at < size:
        hits.append(at)
        at += 1 + _skip(probability)
    return hits


def _skip(probability):
    """How many don't happen before one does."""
    if not probability:
        return 1 << 60
    return int(math.log(1 - random.random()) / math.log(1 - probability))


class Line:
    """Both directions; each end takes bytes by `send` and is given them by its `to_...`."""

    def __init__(self, agenda, baud):
        self._agenda = agenda
        self._byte_us = _BITS * 1_000_000 // baud
        self._free = [0, 0]
        self.trouble = None
        """What it does to bytes; None while it is good."""
        self.plugged = True
        self.to_board = None
        self.to_register = None
        self.frames = 0
        """How many writes of the two ends there were."""
        self.on_frame = lambda number: None

    def from_board(self, data, life):
        """The board writes; what has not left it when its life ends does not leave it."""
        self._send(0, data, life)

    def from_register(self, data):
        """The register writes."""
        self._send(1, data, None)

    def _send(self, way, data, life):
        self.frames += 1
        self.on_frame(self.frames)
        at = max(self._free[way], self._agenda.now)
        for start in range(0, len(data), _PIECE):
            piece = bytes(data[start : start + _PIECE])
            at += len(piece) * self._byte_us + self._delay()
            self._agenda.after(at - self._agenda.now, self._arrive, way, piece, life)
        self._free[way] = at

    def _delay(self):
        """Microseconds that a piece is held up, and all behind it."""
        if self.trouble and self.trouble.delayed and random.random() < self.trouble.delayed:
            return random.randint(50_000, 2_500_000)
        return 0

    def _arrive(self, way, piece, life):
        if not self.plugged or (life and life.over):
            return
        if self.trouble:
            piece = self.trouble.spoil(piece)
        take = self.to_board if way else self.to_register
        if take and piece:
            take(piece)


class Uart:
    """The board's UART (machine.UART) on the line."""

    def __init__(self, line, life):
        self._line = line
        self._life = life
        self._received = bytearray()
        self._held = None
        line.to_board = self._take

    def _take(self, data):
        if len(self._received) + len(data) <= _RX_BUFFER:
            self._received += data

    def ioctl(self, request, flags):
        """Whether something can be read (MP_STREAM_POLL)."""
        ready = _WRITE | (_READ if self._received else 0)
        return ready & flags if request == 3 else 0

    def any(self):
        """How much that is."""
        return len(self._received)

    def readinto(self, buffer):
        """What has come, as much as fits."""
        size = min(len(buffer), len(self._received))
        buffer[:size] = self._received[:size]
        self._received = self._received[size:]
        return size

    def write(self, data):
        """Send; a board without power sends nothing."""
        if self._held is not None:
            self._hold(data)
        elif not self._life.over:
            self._line.from_board(data, self._life)
        return len(data)

    # While nothing may be allocated, what is written waits.

    def hold(self):
        """Begin to keep what is written."""
        self._held = bytearray(_RX_BUFFER)
        self._held_size = 0

    def _hold(self, data):
        for index in range(len(data)):
            self._held[self._held_size + index] = data[index]
        self._held_size += len(data)

    def let_go(self):
        """Send what was kept; how much that is."""
        held, self._held = self._held, None
        if self._held_size and not self._life.over:
            self._line.from_board(held[: self._held_size], self._life)
        return self._held_size
