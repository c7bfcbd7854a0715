"""Judges an input on CPython, and what it takes: memory, steps.

Both are counted for some inputs only, as counting is slow. An input that goes on and on is found
by a clock, and judged by its steps.
"""

import signal
import sys
import tracemalloc
from types import FrameType
from typing import Any

from tools.fuzz.parsers import Broken, Parser

_SECONDS = 5.0
_STEPS = 8_000


class Stuck(BaseException):
    """An input has taken long; no Exception, so that no parser takes it for its own."""


class Judge:
    """One parser under test, with a look at every input that lasts."""

    def __init__(self, parser: Parser, every: int, seconds: float = _SECONDS) -> None:
        """every: of so many inputs one is measured; seconds: of computing until a look."""
        self._parser = parser
        self._every = every
        self._judged = self._seen = 0
        self.most_memory = self.most_steps = 0
        """The most of what was measured: bytes, and steps of what is allowed in thousandths."""
        self._now = False
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, seconds, seconds)

    def close(self) -> None:
        """No more looks."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _look(self, _number: int, _frame: FrameType | None) -> None:
        """Twice at the same input: it has taken long."""
        if self._now and self._seen == self._judged:
            raise Stuck
        self._seen = self._judged

    def verdict(self, octets: bytes) -> str:
        """What the parser says; raises whatever it raises, and Broken for what it takes."""
        self._judged += 1
        self._now = True
        try:
            if self._judged % self._every == 0:
                self._remember(octets)
                self._step(octets)
            return self._parser.judge(octets)
        except Stuck:
            self._now = False
            self._step(octets)
            raise Broken("it takes long, in few steps") from None
        finally:
            self._now = False

    def _remember(self, octets: bytes) -> None:
        """Measure the memory that is taken at once."""
        tracemalloc.start()
        try:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            self._parser.judge(octets)
            taken = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        self.most_memory = max(self.most_memory, taken)
        most = self._parser.cap * self._parser.times
        if taken > most:
            raise Broken(f"it takes {taken:,} bytes, of {most:,} at most")

    def _step(self, octets: bytes) -> None:
        """Count the lines that are carried out."""
        counter = _Counter(_STEPS + self._parser.steps * len(octets))
        before = sys.gettrace()
        sys.settrace(counter.trace)
        try:
            self._parser.judge(octets)
        finally:
            sys.settrace(before)
        self.most_steps = max(self.most_steps, 1000 * counter.taken // counter.most)


class _Counter:
    """A trace function that counts lines, up to a limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0

    def trace(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        """Count one; raises Broken beyond the limit."""
        if event == "line":
            self.taken += 1
            if self.taken > self.most:
                sys.settrace(None)
                raise Broken(f"it takes more than {self.most:,} steps")
        return self.trace
