"""Runs main.py on CPython as the chip would: adds what MicroPython's modules have beyond
CPython's (time.ticks_*, asyncio.sleep_ms, ...), then starts it.

Usage: python boot.py MAIN, with the shims and the firmware on PYTHONPATH.
"""

import asyncio
import gc
import runpy
import sys
import time
import traceback
from typing import Any

_WRAP = 0x3FFFFFFF
_HALF = 0x20000000


def ticks_ms() -> int:
    """Milliseconds of a counter that wraps at 2**30."""
    return time.monotonic_ns() // 1_000_000 & _WRAP


def ticks_add(ticks: int, delta: int) -> int:
    """A time `delta` away."""
    return ticks + delta & _WRAP


def ticks_diff(later: int, earlier: int) -> int:
    """How much later."""
    return (later - earlier + _HALF & _WRAP) - _HALF


async def sleep_ms(duration: int) -> None:
    """Sleep for milliseconds."""
    await asyncio.sleep(duration / 1000)


class UartReader:
    """asyncio.StreamReader over a machine.UART."""

    def __init__(self, uart: Any) -> None:
        self._uart = uart

    async def readinto(self, buffer: bytearray) -> int | None:
        """Wait for bytes and read them."""
        from wire import readable  # type: ignore[import-not-found]

        await readable(self._uart)
        return self._uart.readinto(buffer)


def print_exception(error: BaseException) -> None:
    """Print a traceback where MicroPython prints it: on the console."""
    traceback.print_exception(error, file=sys.stdout)


def threshold(_: int) -> None:
    """How many bytes may be allocated between collections: CPython counts for itself."""


def add_names() -> None:
    """Add MicroPython's names to CPython's modules, in this process only."""
    for function in (ticks_ms, ticks_add, ticks_diff):
        setattr(time, function.__name__, function)
    asyncio.sleep_ms = sleep_ms  # type: ignore[attr-defined]
    gc.threshold = threshold  # type: ignore[attr-defined]
    sys.print_exception = print_exception  # type: ignore[attr-defined]


if __name__ == "__main__":
    add_names()
    asyncio.StreamReader = UartReader  # type: ignore[assignment,misc]
    gc.freeze()  # the firmware collects often: not what is CPython's
    runpy.run_path(sys.argv[1], run_name="__main__")
