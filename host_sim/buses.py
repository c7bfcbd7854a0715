"""What hangs on a board's pins and buses: who hears which bytes and levels."""

from collections.abc import Callable

from host_sim.panel import PanelModel
from host_sim.reader.joined import JoinedReader

_ENODEV = 19


class Buses:
    """A board's wires: carries what its pins do to what is joined to them, and keys to its pins."""

    def __init__(self, profile: dict, panel_changed: Callable[[], None]) -> None:
        """profile: the board's; panel_changed is called at each change of the panel."""
        self._profile = profile
        self.panel = PanelModel(profile["panel"], profile["pins"], panel_changed)
        self.reader = JoinedReader(profile["reader"]) if "reader" in profile else None
        """The reader, if the board has one."""
        self._down: set[int] = set()
        self._drive: Callable[[int, int], None] | None = None

    def power(self, drive: Callable[[int, int], None]) -> None:
        """The firmware joined: drive(pin, level) changes its inputs from now on."""
        self._drive = drive
        for pin in self._down:
            drive(pin, 0)

    def pin(self, number: int, level: int) -> None:
        """The board drove a pin."""
        self.panel.pin(number, level)
        if self.reader:
            self.reader.pin(number, level)

    def made(self, kind: str, arguments: dict) -> None:
        """The board set up a part of its chip."""
        if self.reader:
            self.reader.made(kind, arguments)

    def spi(self, host: int, data: bytes) -> None:
        """Bytes left an SPI host."""
        if host == self._profile["spi"]["host"]:
            self.panel.spi(data)
        elif self.reader and self.reader.is_spi(host):
            self.reader.spi(data)

    def exchange(self, host: int, data: bytes) -> bytes:
        """Bytes left an SPI host, and these came back: of a line that nobody drives all ones."""
        if self.reader and self.reader.is_spi(host):
            return self.reader.spi(data)
        self.spi(host, data)
        return b"\xff" * len(data)

    def i2c_write(self, bus: int, address: int, data: bytes) -> bytes:
        """Bytes for an address on an I2C bus; raises OSError if nobody is there."""
        self._on_i2c(bus, address).i2c_write(data)
        return b""

    def i2c_read(self, bus: int, address: int, size: int) -> bytes:
        """So many bytes of it; raises OSError if nobody is there."""
        return self._on_i2c(bus, address).i2c_read(size)

    def _on_i2c(self, bus: int, address: int) -> JoinedReader:
        if self.reader is None or not self.reader.is_i2c(bus, address):
            raise OSError(_ENODEV, "ENODEV")
        return self.reader

    def duty(self, pin: int, duty: int) -> None:
        """A PWM's duty changed, 0 to 65535."""
        if pin == self._profile["pins"]["backlight"]:
            self.panel.backlight(duty)

    def hold(self, key: str) -> None:
        """A button goes down, and stays so also through a power cut."""
        self._down.add(self._profile["pins"][key])
        self._level(self._profile["pins"][key], 0)

    def release(self, key: str) -> None:
        """A button is let go."""
        self._down.discard(self._profile["pins"][key])
        self._level(self._profile["pins"][key], 1)

    def _level(self, pin: int, level: int) -> None:
        if self._drive is not None:
            self._drive(pin, level)
