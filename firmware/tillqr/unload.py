"""Let modules go that are not needed any more, or not now: code takes as much memory as data.

A module's memory is free once nothing refers to its functions, or to classes that have any.
"""

import gc
import sys


def unload(prefix: str) -> None:
    """Forget the modules whose dotted names begin with `prefix`, and collect what they took."""
    for name in list(sys.modules):
        if name.startswith(prefix):
            module, _, last = name.rpartition(".")
            del sys.modules[name]
            parent = sys.modules.get(module)
            if hasattr(parent, last):
                delattr(parent, last)
    gc.collect()
