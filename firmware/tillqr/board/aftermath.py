"""Aftermath: why the board started again, and the counters, kept in memory that a reset leaves.

The RTC's memory holds a line with the reason, and the counters as JSON behind it. A power cut ends
it: then there is nothing to tell.
"""

import json

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from machine import RTC

    from tillqr.board.counters import Counters

_MAX_REASON = const(40)
_ROOM = const(1536)  # of the 2,048 bytes that there are


class Aftermath:
    """What is told after a reset."""

    def __init__(self, rtc: "RTC", counters: "Counters", bitten: bool) -> None:
        """Takes over what was kept; bitten: whether the watchdog reset the board."""
        self._rtc = rtc
        self._counters = counters
        reason, _, counted = rtc.memory().partition(b"\n")
        try:
            counters.restore(json.loads(counted))
            self.crash = str(reason, "utf-8")[:_MAX_REASON]
        except ValueError:  # nothing was kept, or not by this firmware
            self.crash = ""
        """What ended the last run that did not end well: a task's name and why, or "watchdog" when
        nothing got a turn; "" since the power came on."""
        if bitten and not self.crash:
            self.crash = "watchdog"
        self._kept = -1

    def note(self, name: str, why: str) -> None:
        """A task has failed; the watchdog follows."""
        self.crash = (name + " " + why)[:_MAX_REASON]
        self._kept = -1
        self.keep()

    def keep(self) -> None:
        """Keep the counters, if they have changed."""
        if self._counters.changes != self._kept:
            self._kept = self._counters.changes
            counted = json.dumps(self._counters.report(_ROOM))
            self._rtc.memory(self.crash.encode() + b"\n" + counted.encode())
