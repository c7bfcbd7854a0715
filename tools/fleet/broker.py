"""The fleet's broker: the bench's Mosquitto, which writes down what it keeps once a second, as a
busy one does. What came since the last time is gone when it is killed."""

import re
from collections.abc import Mapping
from pathlib import Path

from host_sim.broker import Mosquitto

_OURS = {"autosave_on_changes true": "autosave_on_changes false"}
_NOT_KEPT = {"persistence true": "persistence false"}
_AGAIN = re.compile(rb"Sending PUBLISH to tillqr-\S+ \(d1")
_AGAIN_FROM_BOARDS = re.compile(rb"Received PUBLISH from tillqr-\S+ \(d1")


class FleetBroker(Mosquitto):
    """Mosquitto for many boards."""

    def __init__(self, directory: Path, users: Mapping[str, str], keeps: bool) -> None:
        """keeps: whether sessions outlive the program."""
        super().__init__(directory, users)
        self._changes = _OURS if keeps else _OURS | _NOT_KEPT

    def _configuration(self) -> list[str]:
        return [
            *(self._changes.get(line, line) for line in super()._configuration()),
            "max_queued_messages 0",
        ]

    def resent(self) -> tuple[int, int]:
        """How many messages it has sent again so far, and boards have, by its log."""
        log = self.log.read_bytes()
        return len(_AGAIN.findall(log)), len(_AGAIN_FROM_BOARDS.findall(log))
