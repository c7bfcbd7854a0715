"""A PN532 on a UART: its high speed UART, HSU (UM0701-02, 6.2.3; 115,200 baud after power-on)."""

import asyncio
import time

from micropython import const

from tillqr.nfc.pn532_frame import need

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from machine import UART

BAUD = const(115_200)
BUFFER = const(512)
"""Bytes that the UART's own buffers must hold: more than a frame each."""
_WAKE = b"\x55\x55" + bytes(14)
"""Edges that wake it, and 1.4 ms for its oscillator to start, during which it hears nothing."""
_WAKE_MS = const(3)
_LEAST = const(6)  # an ACK: the shortest frame
_GAP_MS = const(20)


class Hsu:
    """Frames over a UART."""

    most = 262
    """Bytes of a card's command that go into one frame."""

    def __init__(self, uart: "UART") -> None:
        self._uart = uart
        self._rest = bytearray(32)
        self._have = 0
        self._heard = 0

    async def wake(self) -> None:
        """Wake the reader if it sleeps."""
        self._uart.write(_WAKE)
        await asyncio.sleep_ms(_WAKE_MS)

    def write(self, frame: "bytes | memoryview") -> None:
        """Send a frame; what came until now is forgotten."""
        self.forget()
        self._uart.write(frame)

    def forget(self) -> None:
        """Throw away what came and was not taken."""
        while self._uart.any() and self._uart.readinto(self._rest):
            pass
        self._have = 0

    def take(self, frame: memoryview) -> int:
        """The bytes of a frame if they have come, in `frame`, and how many they are; else 0.

        It is taken for what it is when the line falls silent within it.
        """
        while self._uart.any():
            wanted = max(need(frame, self._have) or self._have + 1, _LEAST)
            got = self._uart.readinto(frame[self._have : min(wanted, len(frame))])
            if not got:
                break
            self._have += got
            self._heard = time.ticks_ms()
            if self._have == len(frame) or need(frame, self._have) == self._have:
                return self._taken()
        if self._have and time.ticks_diff(time.ticks_ms(), self._heard) > _GAP_MS:
            return self._taken()
        return 0

    def _taken(self) -> int:
        have, self._have = self._have, 0
        return have
