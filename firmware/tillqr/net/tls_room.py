"""Whether ESP-IDF has the memory that a TLS session takes; loaded before one begins.

When Python's heap is full it takes what ESP-IDF has, in one piece, and gives it back only when
nothing is left in that piece: by chance, or never.
"""

import gc

import esp32
from micropython import const

_SESSION = const(29_000)
"""Bytes that one takes while it begins; afterwards 26,000 as long as it lasts."""


def is_there() -> bool:
    """Whether a session can begin."""
    gc.collect()
    return sum(part[1] for part in esp32.idf_heap_info(esp32.HEAP_DATA)) >= _SESSION
