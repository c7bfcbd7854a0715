"""Counters: how often something was refused, repeated or lost. INFO reports them."""

from micropython import const

_MOST = const(99_999_999)
_NAMES = const(40)
_ENTRY = const(14)  # quotes, colon, comma, spaces, eight digits


class Counters:
    """Named counters, bounded in number and size."""

    def __init__(self) -> None:
        self._values: dict = {}
        self.changes = 0
        """How often anything was counted."""

    def add(self, name: str, count: int = 1) -> None:
        """Count one more of `name`, or some."""
        value = self._values.get(name, 0)
        if value or len(self._values) < _NAMES:
            self._values[name] = min(_MOST, value + count)
            self.changes += 1

    def report(self, room: int) -> dict:
        """The counters that are not zero, as many as take at most `room` bytes as JSON."""
        report = {}
        for name in sorted(self._values):
            room -= len(name) + _ENTRY
            if room < 0:
                break
            report[name] = self._values[name]
        return report
