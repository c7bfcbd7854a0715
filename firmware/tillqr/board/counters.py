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

    def add(self, name: str) -> None:
        """Count one more of `name`."""
        value = self._values.get(name, 0)
        if value or len(self._values) < _NAMES:
            self._values[name] = min(_MOST, value + 1)
            self.changes += 1

    def restore(self, values: object) -> None:
        """Go on from a report; raises ValueError if it is none."""
        if not isinstance(values, dict):
            raise ValueError("no counters")
        for name, value in values.items():
            if type(value) is not int or not 0 < value <= _MOST:
                raise ValueError("no count")
            if len(self._values) < _NAMES:
                self._values[name] = self._values.get(name, 0) + value

    def report(self, room: int) -> dict:
        """The counters that are not zero, as many as take at most `room` bytes as JSON."""
        report = {}
        for name in sorted(self._values):
            room -= len(name) + _ENTRY
            if room < 0:
                break
            report[name] = self._values[name]
        return report
