"""Aftermath: why the board started again, and its counters, from memory that a reset leaves.

The RTC's memory holds a line with the reason, and the counters as JSON behind it, as display.py
keeps them. A power cut ends it: then there is nothing to tell. Loaded at the start only.
"""

import json

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.board.counters import Counters

_MAX_REASON = const(40)


def recall(kept: bytes, counters: "Counters", bitten: bool) -> str:
    """What ended the last run that did not end well: a task's name and why, or "watchdog" when
    nothing got a turn; "" since the power came on. The counters go on from where they were.

    kept: the RTC's memory; bitten: whether the watchdog has reset the board.
    """
    reason, _, counted = kept.partition(b"\n")
    crash = ""
    try:
        _restore(json.loads(counted), counters)
        crash = str(reason, "utf-8")[:_MAX_REASON]
    except ValueError:
        pass  # nothing was kept, or not by this firmware
    return crash or ("watchdog" if bitten else "")


def _restore(values: object, counters: "Counters") -> None:
    """Take the counts; raises ValueError if they are none."""
    if not isinstance(values, dict):
        raise ValueError("no counters")
    for name, value in values.items():
        if type(value) is not int or value <= 0:
            raise ValueError("no count")
        counters.add(name, value)
