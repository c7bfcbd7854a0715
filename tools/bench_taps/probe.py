"""Runs main.py, and measures what calls of the simulator's bus to the card reader cost: on the chip
they are C. Whenever there is a file `measure`, it removes it and prints how many calls there were,
and how much of the processor's time they took, in seconds."""

import asyncio
import json
import os
import time

import machine

_LOOK_MS = 100
_run = asyncio.run
_tasks = []
_calls = 0
_seconds = 0.0
with open("board.json") as _file:
    _reader = json.load(_file)["reader"]


def _measured(call, is_readers):
    def measured(part, *arguments):
        global _calls, _seconds
        if not is_readers(part):
            return call(part, *arguments)
        began = time.clock()
        try:
            return call(part, *arguments)
        finally:
            _seconds += time.clock() - began
            _calls += 1

    return measured


def _is_reader(bus):
    return getattr(bus, "_reads", True)  # the panel's has no MISO


def _is_select(pin):
    return pin.number == _reader.get("cs")


machine.SPI.write = _measured(machine.SPI.write, _is_reader)
machine.SPI.readinto = _measured(machine.SPI.readinto, _is_reader)
machine.I2C.writeto = _measured(machine.I2C.writeto, _is_reader)
machine.I2C.readfrom_into = _measured(machine.I2C.readfrom_into, _is_reader)
machine.Pin.__call__ = _measured(machine.Pin.__call__, _is_select)


async def _tell():
    while True:
        await asyncio.sleep_ms(_LOOK_MS)
        try:
            os.remove("measure")
        except OSError:
            continue
        print("bus:", _calls, _seconds)


def run(coroutine):
    """In place of asyncio.run, which main.py calls more than once."""

    async def both():
        if not _tasks:
            _tasks.append(asyncio.create_task(_tell()))
        await coroutine

    _run(both())


asyncio.run = run
execfile("main.py")  # noqa: F821  (MicroPython's)
