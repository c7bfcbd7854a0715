"""What the chip runs when it is switched on: the display, and behind a locked console.

The chip compiles this file and keeps it, so it is small. Whoever is at the USB socket can't stop
the display; docs/board.md ("The console") says who can open it, and how.
"""

try:
    import micropython

    micropython.kbd_intr(-1)  # no Ctrl-C, before anything that takes time
    for _ in range(2):
        pass  # one that came earlier is raised where a loop turns
except KeyboardInterrupt:
    import micropython

    micropython.kbd_intr(-1)  # it may have come before the line above was reached

import asyncio
import gc
import sys
import time

import machine
from micropython import const

_GC_WORDS = const(1024)
"""Garbage is collected this often: a heap that was left to fill up is in pieces. All that Python
makes is of words: 4 bytes on the chip, 8 on a PC, whose heap fills up twice as fast."""
_PAUSE_SECONDS = const(5)

if __name__ == "__main__":
    gc.threshold(_GC_WORDS * (8 if sys.maxsize >> 32 else 4))
    sys.path.insert(0, "tillqr")  # most modules are in no package there (tools/flat.py)
    try:
        from tillqr.board import reserve

        assembly = reserve.load()
        del reserve
        run = assembly.assemble()
        del assembly
        if run is not None:
            asyncio.run(run)
    except Exception as error:  # noqa: BLE001  (no prompt for whoever makes it fail)
        sys.print_exception(error)
        time.sleep(_PAUSE_SECONDS)
        machine.reset()
