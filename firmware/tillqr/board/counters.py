"""Counters: how often something was refused, repeated or lost. INFO reports them."""

from micropython import const

_MOST = const(99_999_999)
_NAMES = const(40)


class Counters:
    """Named counters, bounded in number and size."""

    def __init__(self) -> None:
        self._values: dict = {}

    def add(self, name: str) -> None:
        """Count one more of `name`."""
        value = self._values.get(name, 0)
        if value or len(self._values) < _NAMES:
            self._values[name] = min(_MOST, value + 1)

    def report(self) -> dict:
        """All counters that are not zero."""
        return dict(self._values)
