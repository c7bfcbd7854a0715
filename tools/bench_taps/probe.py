"""Runs main.py, and measures what calls of the simulator's bus to the card reader cost: on the chip
they are C. Asked for it (host_sim/shims/asked.py), it prints how many calls there were, and how
much of the processor's time they took, in seconds."""

import json
import time

import machine
from asked import run_main

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


def _tell():
    print("bus:", _calls, _seconds)


run_main(_tell)
