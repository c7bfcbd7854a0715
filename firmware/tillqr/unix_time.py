"""Unix time, from the chip's clock."""

import time

from micropython import const

_STEP_S = const(30)
"""Seconds that a token counts (PROTOCOL.md, 7.1)."""


def step() -> int:
    """The number of the time step that a token counts in: those before it since 1970."""
    return (int(time.time()) + epoch()) // _STEP_S


def epoch() -> int:
    """The Unix time of the clock's zero: 1970, or 2000 on the chip."""
    return 946684800 if time.gmtime(0)[0] == 2000 else 0
