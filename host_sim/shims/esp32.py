"""`esp32` of a simulated board: NVS, kept by the bench; errors as ESP-IDF gives them.

Nothing takes any of its ESP-IDF's heap.
"""

from wire import wire

HEAP_DATA = 4
_KEY_LENGTH = 15
_IDF_HEAP = 40_000  # about what a chip has left when it has started


class NVS:
    """A namespace of the non-volatile storage; only what was committed lasts."""

    def __init__(self, namespace):
        _check(namespace)
        self._namespace = namespace

    def get_blob(self, key, buffer):
        """Copy a blob into buffer; return its length."""
        _check(key)
        blob = bytes.fromhex(wire().ask({"nvs": "get", "space": self._namespace, "key": key}))
        if len(blob) > len(buffer):
            raise OSError(-4364, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(blob)] = blob
        return len(blob)

    def set_blob(self, key, value):
        """Set a blob; it lasts after commit."""
        _check(key)
        blob = bytes(value).hex()
        wire().ask({"nvs": "set", "space": self._namespace, "key": key, "blob": blob})

    def erase_key(self, key):
        """Remove a key."""
        _check(key)
        wire().ask({"nvs": "erase", "space": self._namespace, "key": key})

    def commit(self):
        """Make what was set last."""
        wire().ask({"nvs": "commit"})


def idf_heap_info(_):
    """(size, free, largest piece, least ever free) of each part of the heap."""
    return [(_IDF_HEAP, _IDF_HEAP, _IDF_HEAP, _IDF_HEAP)]


def _check(name):
    if not 1 <= len(name) <= _KEY_LENGTH:
        raise OSError(-4361, "ESP_ERR_NVS_KEY_TOO_LONG")
