"""Runs main.py until the idle screen stands, and ends: its instructions are counted."""

import asyncio
import sys

_run = asyncio.run


def run(coroutine):
    """In place of asyncio.run; the last one that main.py calls does not end."""

    async def end():
        await asyncio.sleep(10)
        print('{"ended": true}')
        sys.exit()

    async def both():
        asyncio.create_task(end())
        await coroutine

    _run(both())


asyncio.run = run
execfile("main.py")  # noqa: F821  (MicroPython's)
