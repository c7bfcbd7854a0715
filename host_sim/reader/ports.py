"""A PN532's three interfaces (UM0701-02, 6.2.3 to 6.2.5): bytes of a bus in, bytes out.

Each spoils what comes from the host with the faults of direction "in".
"""

import asyncio
import time

from host_sim.reader.faults import LATE_SECONDS, spoil
from host_sim.reader.frames import NACK, Deframer
from host_sim.reader.pn532 import Pn532Model

_BYTE_SECONDS = 10 / 115_200
_DEAF = 10
"""Byte times after the first edge, or so, in which it can't hear yet: its oscillator starts."""
_DEAF_SECONDS = 0.002
_CHUNK = 1024
ADDRESS = 0x24
_ENODEV = 19


class _Port:
    """What comes from the host, with its faults."""

    def __init__(self, model: Pn532Model) -> None:
        self._model = model
        self._deframer = Deframer()

    def _arrive(self, data: bytes, wire: float = 0.0) -> None:
        """Bytes of one transfer came."""
        kind = ""
        if b"\0\xff" in data:
            kind = self._model.faults.next("in")
        if kind in ("missing", "nacked") or self._model.fail(kind):
            return
        if kind == "late":
            asyncio.get_running_loop().call_later(LATE_SECONDS, self._feed, data, wire)
        else:
            self._feed(spoil(data, kind), wire)

    def _feed(self, data: bytes, wire: float) -> None:
        for frame in self._deframer.feed(data):
            self._model.hear(frame, wire)


class HsuPort(_Port):
    """The UART."""

    def __init__(self, model: Pn532Model) -> None:
        super().__init__(model)
        self._deaf = 0
        self._heard = asyncio.Event()

    async def attach(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The board's UART joined; returns when it is gone."""
        sender = asyncio.create_task(self._send(writer))
        try:
            while data := await reader.read(_CHUNK):
                await asyncio.sleep(len(data) * _BYTE_SECONDS)
                self._arrive(self._awake(data), _BYTE_SECONDS)
                self._heard.set()
        finally:
            sender.cancel()

    def _awake(self, data: bytes) -> bytes:
        """What it hears of data: if it sleeps, nothing until it was woken."""
        if not self._model.awake:
            at = data.find(b"\x55")
            if at < 0:
                return b""
            self._model.wake()
            self._deaf = _DEAF
            self._deframer.reset()
            data = data[at:]
        lost, self._deaf = self._deaf, max(0, self._deaf - len(data))
        return data[lost:]

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._heard.clear()
            wait = self._model.wait()
            if wait is None:
                await self._heard.wait()
                continue
            if wait > 0:
                try:
                    async with asyncio.timeout(wait):
                        await self._heard.wait()
                except TimeoutError:
                    pass
            frame = self._model.take()
            if frame is not None:
                writer.write(frame)


class SpiPort(_Port):
    """SPI; bytes are as the chip sees them, the least significant bit first."""

    def __init__(self, model: Pn532Model) -> None:
        super().__init__(model)
        self._transfer = bytearray()
        self._selected = False
        self._frame: bytes | None = None
        self._hears_at = 0.0

    def select(self, level: int) -> None:
        """CS changed."""
        if not level and not self._selected:
            self._begin()
        elif level and self._selected:
            self._end()
        self._selected = not level

    def _begin(self) -> None:
        self._transfer.clear()
        self._frame = None
        if not self._model.awake:
            self._model.wake()
            self._hears_at = time.monotonic() + _DEAF_SECONDS

    def _end(self) -> None:
        if self._transfer[:1] == b"\x01" and time.monotonic() >= self._hears_at:
            self._deframer.reset()
            self._arrive(bytes(self._transfer[1:]))

    def exchange(self, data: bytes) -> bytes:
        """Bytes both ways; 0xFF, the line's pull-up, if CS is high."""
        if not self._selected:
            return b"\xff" * len(data)
        return bytes(self._exchange(byte) for byte in data)

    def _exchange(self, byte: int) -> int:
        at = len(self._transfer) - 1
        self._transfer.append(byte)
        if at < 0:
            return 0
        if self._transfer[0] == 2:
            return int(self._model.due() is not None)
        if self._transfer[0] == 3:
            if at == 0:
                self._frame = self._model.take()
            return self._frame[at] if self._frame and at < len(self._frame) else 0
        return 0


class I2cPort(_Port):
    """I2C, at its address."""

    def write(self, data: bytes) -> None:
        """Bytes to it; raises OSError if it doesn't acknowledge."""
        if not self._model.awake:
            self._model.wake()
            raise OSError(_ENODEV, "ENODEV")
        faults = self._model.faults
        nacked = b"\0\xff" in data and faults.peek("in") == "nacked"
        self._deframer.reset()
        self._arrive(data)
        if nacked:
            raise OSError(_ENODEV, "ENODEV")

    def read(self, size: int) -> bytes:
        """So many bytes of it: whether it is ready, then a frame from its beginning."""
        if not self._model.awake:
            raise OSError(_ENODEV, "ENODEV")
        frame = self._model.take() if size > 1 else self._model.due()
        if frame is None:
            return bytes(size)
        if size > 1 and frame == NACK:  # in a frame's place: the address isn't acknowledged
            raise OSError(_ENODEV, "ENODEV")
        return (b"\x01" + frame)[:size].ljust(size, b"\0")
