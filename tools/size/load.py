"""Loads modules on MicroPython and prints how much the heap grew by the last one.

Its argument is JSON: {"first": [names], "then": name}. The chip's own modules are stood in for,
as nothing calls them when a module is loaded.
"""

import gc
import json
import sys


class Anything:
    """A module of the chip."""

    def __getattr__(self, name):
        return Anything


CHIP = "_thread machine network esp32 socket asyncio select ssl tls random"
for name in CHIP.split(" "):
    sys.modules[name] = Anything()


def load(name):
    """Import a module."""
    __import__(name, None, None, ["x"])


def measure(arguments):
    """Print what the heap grew by."""
    wanted = json.loads(arguments)
    for name in ("tillqr", "array", "binascii", "hashlib", "micropython", "os", "time"):
        load(name)
    for name in wanted["first"]:
        load(name)
    gc.collect()
    before = gc.mem_alloc()
    load(wanted["then"])
    gc.collect()
    print(gc.mem_alloc() - before)


if len(getattr(sys, "argv", ())) > 1:
    measure(sys.argv[1])
