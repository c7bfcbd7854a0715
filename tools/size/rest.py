"""Runs main.py, and when the idle screen stands prints what is free of the heap, as JSON.

What this script takes of the heap itself, and what the shims take, is measured and said apart.
"""

import asyncio
import gc
import json
import sys

gc.collect()
_before = gc.mem_alloc()
import esp32  # noqa: E402, F401
import machine  # noqa: E402, F401
import network  # noqa: E402, F401

gc.collect()
_shims = gc.mem_alloc() - _before
_run = asyncio.run


def run(coroutine):
    """In place of asyncio.run."""

    async def tell():
        await asyncio.sleep(4)
        gc.collect()
        gc.collect()
        free = gc.mem_free() + _own
        files = {name: getattr(sys.modules[name], "__file__", "") for name in sys.modules}
        modules = sorted(name for name in files if files[name].startswith("tillqr"))
        figures = {"heap_free_bytes": free, "shims_bytes": _shims, "at_rest": modules}
        print(json.dumps(figures))

    async def both():
        asyncio.create_task(tell())
        await coroutine

    _run(both())


asyncio.run = run
gc.collect()
_own = gc.mem_alloc() - _before - _shims
del _before
execfile("main.py")  # noqa: F821  (MicroPython's)
