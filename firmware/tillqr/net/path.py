"""The path by which a result reaches the display: what it lacks, and what is wrong with it."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.net.broker import Broker
    from tillqr.net.clock import Clock
    from tillqr.net.web import Web
    from tillqr.net.wifi import Wifi
    from tillqr.sale.attempts import Attempts


class Path:
    """Wi-Fi, the clock where it is needed, and the channel to the backend."""

    def __init__(self, wifi: "Wifi", book: "Attempts") -> None:
        self._book = book
        self._parts: "list[Wifi | Clock | Broker | Web]" = [wifi]
        self._wifi = wifi
        self.clock: "Clock | None" = None
        self.channel: "Broker | Web" = None  # type: ignore[assignment]

    def complete(self, channel: "Broker | Web", clock: "Clock | None") -> None:
        """Join what came after it; clock: None where no time is needed."""
        self.channel = channel
        self.clock = clock
        self._parts += [clock, channel] if clock else [channel]

    @property
    def open(self) -> bool:
        """Whether a server can be reached: there is a network, and the time if it is needed."""
        return self._wifi.connected and (self.clock is None or self.clock.known)

    @property
    def connections(self) -> int:
        """How often there was a network."""
        return self._wifi.connections

    def lacks(self) -> str:
        """What is missing for a result to arrive, by the names of PROTOCOL.md, 4.1."""
        if self.open:
            return self.channel.lacks
        return "clock" if self._wifi.connected else "wifi"

    def report(self) -> str:
        """`lacks`, and what an attempt lacks."""
        return self.lacks() or self._book.lacks

    def trouble(self) -> str:
        """The first thing that is wrong, by the names of PROTOCOL.md, 4.1, or ""."""
        for part in self._parts:
            if part.trouble:
                return part.trouble
        return ""
