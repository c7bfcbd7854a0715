"""A reader as it is wired to a board's pins and buses."""

import asyncio

from host_sim.reader.field import Field
from host_sim.reader.pn532 import Pn532Model
from host_sim.reader.ports import ADDRESS, HsuPort, I2cPort, SpiPort

_MOST_HZ = 5_000_000  # of its SPI
_LSB = 1
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class JoinedReader:
    """The reader's chip and the wires to it."""

    def __init__(self, wired: dict) -> None:
        """wired: the profile's field `reader`."""
        self._wired = wired
        self.field = Field()
        self.model = Pn532Model(self.field)
        self._hsu = HsuPort(self.model)
        self._spi = SpiPort(self.model)
        self._i2c = I2cPort(self.model)
        self.select: int | None = wired.get("cs")
        """The pin that selects it on SPI."""
        self._mirrored = False
        self._noise = False

    def is_uart(self, number: int) -> bool:
        """Whether it hangs on this UART."""
        return self._wired["bus"] == "hsu" and number == self._wired["id"]

    def is_spi(self, host: int) -> bool:
        """Whether it hangs on this SPI host."""
        return self._wired["bus"] == "spi" and host == self._wired["host"]

    def is_i2c(self, bus: int, address: int) -> bool:
        """Whether it hangs on this I2C bus, at this address."""
        return self._wired["bus"] == "i2c" and bus == self._wired["id"] and address == ADDRESS

    async def attach(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Its UART's bytes; returns when the board is gone."""
        await self._hsu.attach(reader, writer)

    def made(self, kind: str, arguments: dict) -> None:
        """The board set up one of its buses: the bits come as it says."""
        if kind == "spi" and self.is_spi(arguments["host"]):
            self._mirrored = arguments["firstbit"] != _LSB
            mode = (arguments["polarity"], arguments["phase"])
            self._noise = mode != (0, 0) or arguments["baudrate"] > _MOST_HZ

    def pin(self, number: int, level: int) -> None:
        """The board drove a pin."""
        if number == self.select:
            self._spi.select(level)

    def spi(self, data: bytes) -> bytes:
        """Bytes on its SPI host, and what it answers meanwhile."""
        if self._noise:
            return b"\xff" * len(data)
        if self._mirrored:
            return self._spi.exchange(data.translate(_MIRRORED)).translate(_MIRRORED)
        return self._spi.exchange(data)

    def i2c_write(self, data: bytes) -> None:
        """Bytes for it on its I2C bus; raises OSError if it doesn't acknowledge them."""
        self._i2c.write(data)

    def i2c_read(self, size: int) -> bytes:
        """So many bytes of it; raises OSError as above."""
        return self._i2c.read(size)
