"""Load modules that are needed now and then, and let them go: code takes as much memory as data.

A module's memory is free once nothing refers to its functions, or to classes that have any.
"""

import gc
import sys


def load(name: str):  # type: ignore[no-untyped-def]
    """The module of a dotted name."""
    return __import__(name, None, None, ["any"])


def unload(*names: str) -> None:
    """Forget those of some modules that are loaded, and collect what they took."""
    loaded = False
    for name in names:
        if name in sys.modules:
            loaded = True
            _forget(name)
    if loaded:
        gc.collect()


def _forget(name: str) -> None:
    """Forget a module, and its package if that was the last one in it."""
    del sys.modules[name]
    package, _, last = name.rpartition(".")
    parent = sys.modules.get(package)
    if parent is None:
        return
    if hasattr(parent, last):
        delattr(parent, last)
    for other in sys.modules:
        if other.startswith(package + "."):
            return
    _forget(package)
