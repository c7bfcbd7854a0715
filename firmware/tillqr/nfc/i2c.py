"""A PN532 on I2C (UM0701-02, 6.2.4): address 0x24; each read begins with a byte that says whether
there is anything.

A read gives a frame from its beginning and no more than asked for, and what was not read is gone.
So a longer frame than usual is asked for again, by a NACK, once its length is known. The longest
one takes 6.2 ms of the bus, during which nothing else runs: a command is cut to less, an answer
of over 200 bytes can't be.
"""

import asyncio

from micropython import const

from tillqr.nfc.pn532_frame import MOST, NACK, need

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from machine import I2C

BAUD = const(400_000)
STRETCH_US = const(10_000)
"""How long the reader may hold the clock, as it does while it wakes."""
_ADDRESS = const(0x24)
_READY = const(1)
_USUAL = const(40)  # bytes of nearly all frames
_WAKE_MS = const(3)


class I2c:
    """Frames over an I2C bus."""

    most = 192
    """Bytes of a card's command that go into one frame: 4.5 ms."""

    def __init__(self, i2c: "I2C") -> None:
        self._i2c = i2c
        self._ready = bytearray(1)
        self._buffer = memoryview(bytearray(1 + MOST))
        self._size = _USUAL

    async def wake(self) -> None:
        """Wake the reader if it sleeps: it does at its address, which it may leave unanswered."""
        self._write(b"")
        await asyncio.sleep_ms(_WAKE_MS)

    def write(self, frame: "bytes | memoryview") -> None:
        """Send a frame; one that the reader refuses is lost, as one is on a line."""
        self._size = _USUAL
        self._write(frame)

    def forget(self) -> None:
        """Nothing comes unasked."""

    def take(self, frame: memoryview) -> int:
        """The bytes of a frame if there is one, in `frame`, and how many they are; else 0."""
        if not self._read(self._ready) or self._ready[0] != _READY:
            return 0
        asked = self._size
        if not self._read(self._buffer[: 1 + asked]) or self._buffer[0] != _READY:
            return 0
        got = self._buffer[1 : 1 + asked]
        size = min(need(got, asked) or asked, len(frame))
        if size > asked:
            self._size = size
            self._write(NACK)
            return 0
        self._size = _USUAL
        frame[:size] = got[:size]
        return size

    def _write(self, data: "bytes | memoryview") -> None:
        try:
            self._i2c.writeto(_ADDRESS, data)
        except OSError:
            pass  # not acknowledged, or the clock was held too long: no ACK frame will come

    def _read(self, buffer: "bytearray | memoryview") -> bool:
        try:
            self._i2c.readfrom_into(_ADDRESS, buffer)
        except OSError:
            return False
        return True
