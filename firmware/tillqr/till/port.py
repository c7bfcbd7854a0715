"""The UART task of the till link: bytes in, bytes out, nothing else."""

import asyncio
import time

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from machine import UART

    from tillqr.till.link import Link
    from tillqr.till.pass_through import PassThrough

_TURN_MS = const(20)
_CHUNK = const(128)
BUFFER = const(2048)
"""Bytes that a UART's own buffers hold, each way, where another line's bytes are passed on."""
FRAMES = const(1280)
"""Bytes that they must hold elsewhere: a frame and an answer. What is lost beyond that is said
again."""


class TillPort:
    """Runs a link over a UART."""

    def __init__(self, uart: "UART", link: "Link") -> None:
        self._uart = uart
        self._link = link
        self._buffer = bytearray(_CHUNK)
        self.through: "PassThrough | None" = None
        """What has the line at times, in the link's place; None where nothing has."""

    async def receive(self) -> None:
        """Feed the link with what comes, for ever; answers leave at once."""
        stream = asyncio.StreamReader(self._uart)
        while True:
            length = await stream.readinto(self._buffer)
            if not length:
                continue
            if self._lent():
                self.through.forward(self._buffer, length)  # type: ignore[union-attr]
            else:
                self._link.feed(self._buffer, length)
            self.flush()

    def owes(self) -> bool:
        """Whether bytes wait to be read."""
        return self._uart.any() > 0

    async def transmit(self) -> None:
        """Send what is due, for ever."""
        while True:
            self.flush()
            # What waits while the line is lent is due only once it is given back.
            due = _TURN_MS if self._lent() else self._link.due(time.ticks_ms())
            await asyncio.sleep_ms(min(_TURN_MS, due))

    def _lent(self) -> bool:
        return self.through is not None and self.through.open

    def flush(self) -> None:
        """Send what is due now."""
        while not self._lent():
            data = self._link.output(time.ticks_ms())
            if data is None:
                return
            self._uart.write(data)
            if self.through is not None:
                self.through.answered()
