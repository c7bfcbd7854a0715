"""A PN532 on SPI (UM0701-02, 6.2.5): mode 0, the least significant bit first, 5 MHz at most.

A transfer begins with a byte that says what it is, and CS is low during it. The reader needs an SPI
host of its own: its MISO is driven while CS is low, and a panel's pictures take long.
"""

import asyncio

from micropython import const

from tillqr.nfc.pn532_frame import need

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from machine import SPI, Pin

BAUD = const(1_000_000)
"""Hz: the longest frame takes 2.2 ms, and half a metre of loose wire bears it."""
_WRITE = b"\x01"
_STATUS = b"\x02"
_READ = b"\x03"
_READY = const(1)
_WAKE_MS = const(3)  # CS low so long wakes it: 2 ms are its oscillator's
_LEAST = const(6)  # an ACK: the shortest frame
_EXTENDED = const(9)  # of a longer frame so many bytes say how long it is


class Spi:
    """Frames over an SPI host."""

    most = 262
    """Bytes of a card's command that go into one frame."""

    def __init__(self, spi: "SPI", cs: "Pin") -> None:
        """spi: with the least significant bit first; cs: an output that is high."""
        self._spi = spi
        self._cs = cs
        self._status = bytearray(1)

    async def wake(self) -> None:
        """Wake the reader if it sleeps."""
        self._cs(0)
        await asyncio.sleep_ms(_WAKE_MS)
        self._cs(1)

    def write(self, frame: "bytes | memoryview") -> None:
        """Send a frame."""
        self._cs(0)
        self._spi.write(_WRITE)
        self._spi.write(frame)
        self._cs(1)

    def forget(self) -> None:
        """Nothing comes unasked."""

    def take(self, frame: memoryview) -> int:
        """The bytes of a frame if there is one, in `frame`, and how many they are; else 0."""
        self._cs(0)
        self._spi.write(_STATUS)
        self._spi.readinto(self._status)
        self._cs(1)
        if self._status[0] != _READY:  # 0xFF: nothing is there at all
            return 0
        self._cs(0)
        self._spi.write(_READ)
        have = self._more(frame, 0, _LEAST)
        size = need(frame, have)
        if not size:
            have = self._more(frame, have, _EXTENDED)
            size = need(frame, have) or have
        have = self._more(frame, have, size)
        self._cs(1)
        return have

    def _more(self, frame: memoryview, have: int, size: int) -> int:
        """Read on until there are `size` bytes, which the frame has room for, or so many as it
        has; returns how many there are."""
        size = min(size, len(frame))
        if size > have:
            self._spi.readinto(frame[have:size])
        return max(have, size)
