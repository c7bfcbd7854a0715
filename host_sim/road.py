"""The roads that a result may come by, as the bench sets them up: each alone, so that a sale on it
proves it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Road:
    """What of backend, broker and page is there."""

    push: bool = False
    """The backend pushes results as they come: over the broker, or to the display's endpoint."""
    carry: bool = False
    """The payer's page takes the receipt to the display's endpoint."""
    broker: Literal["", "mqtt", "mqtts"] = ""
    https: bool = False
    """The backend is asked over verified TLS."""

    @property
    def tls(self) -> bool:
        """Whether the display needs a CA, and so the time."""
        return self.https or self.broker == "mqtts"


ROADS = {
    "http": Road(push=True),
    "mqtt": Road(push=True, broker="mqtt"),
    "mqtts": Road(push=True, broker="mqtts"),
    "phone": Road(carry=True),
    "query": Road(),
    "https": Road(https=True),
}
