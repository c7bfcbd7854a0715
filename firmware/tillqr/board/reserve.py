"""Reserve: keeps memory for the network while the firmware's code is loaded.

MicroPython's heap begins with 56,000 bytes. The first allocation that finds no room there takes as
many again of ESP-IDF's heap, or what that has in one piece; loading the code does it. So less is
left in one piece meanwhile: a thread that only waits has the rest for its stack. On an ESP32 the
heap is 106 KB then, not 112, and ESP-IDF has 37 KB at rest, not 29; a TLS handshake takes 32.

Smaller is not better: with a broker and TLS a sale needs up to 102 KB, and a heap that is full
takes the largest piece that Wi-Fi has left. So a display without TLS keeps less for the network.
"""

import _thread
import os
import time

import esp32

_AREA = 57344
"""What is left in one piece, bytes; as ESP-IDF rounds, up to 4 KB more."""
_AREA_WITH_TLS = 49152
_CA = "ca.der"  # it is there where TLS is used
_LEAST = 4096  # the smallest stack
_TICK_SECONDS = 0.01
_TICKS = 50


def load():  # type: ignore[no-untyped-def]
    """The module tillqr.assembly; what is resident is loaded with it."""
    size = _largest() - _area()
    held = _hold(size) if size >= _LEAST else None
    from tillqr import assembly

    if held:
        held.release()
        for _ in range(_TICKS):  # the idle task takes the stack back
            time.sleep(_TICK_SECONDS)
            if _largest() >= size:
                break
    return assembly


def _area() -> int:
    try:
        os.stat(_CA)
    except OSError:
        return _AREA
    return _AREA_WITH_TLS


def _hold(size: int):  # type: ignore[no-untyped-def]
    """Take memory till the lock that is returned is released; None if no thread can have it."""
    lock = _thread.allocate_lock()
    lock.acquire()
    _thread.stack_size(size)
    try:
        _thread.start_new_thread(lock.acquire, ())
    except OSError:
        return None
    finally:
        _thread.stack_size(0)
    return lock


def _largest() -> int:
    """The bytes that ESP-IDF has in one piece."""
    return max(piece[2] for piece in esp32.idf_heap_info(esp32.HEAP_DATA))
