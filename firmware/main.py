"""What the chip runs when it is switched on: the display, and behind a locked console.

The chip compiles this file and keeps it, so it is small. Whoever is at the USB socket can't stop
the display; README.md ("The console") says who can open it, and how.
"""

import asyncio
import gc
import sys
import time

import machine
import micropython

micropython.kbd_intr(-1)  # no Ctrl-C
_GC_BYTES = 4096
"""Garbage is collected this often: a heap that was left to fill up is in pieces."""
_PAUSE_SECONDS = 5

if __name__ == "__main__":
    gc.threshold(_GC_BYTES)
    try:
        from tillqr import assembly

        run = assembly.assemble()
        del assembly
        if run is not None:
            asyncio.run(run)
    except Exception as error:  # noqa: BLE001  (no prompt for whoever makes it fail)
        sys.print_exception(error)
        time.sleep(_PAUSE_SECONDS)
        machine.reset()
