"""Ticks: milliseconds of a counter that wraps, for the pure parts, which are told the time."""

import random

from micropython import const

_WRAP = const(0x3FFFFFFF)  # MicroPython's ticks_ms wraps at 2**30
_HALF = const(0x20000000)


def since(now: int, then: int) -> int:
    """How many have gone by; negative if `then` is yet to come."""
    return ((now - then + _HALF) & _WRAP) - _HALF


def shortened(pause: int) -> int:
    """A pause less up to a quarter of it at random, so that not all displays try again at once."""
    return pause - random.getrandbits(8) * pause // 1024
