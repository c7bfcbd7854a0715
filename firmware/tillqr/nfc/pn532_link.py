"""Commands to a PN532 and their responses (UM0701-02, 6.2.1 and 6.2.2): ACK, NACK, deadlines.

The reader acknowledges a command within 15 ms and responds when it is done. A NACK has it repeat
its response; an ACK from the host ends what it does.
"""

import asyncio
import time

from micropython import const

from tillqr.nfc.pn532_frame import (
    ACK,
    FROM_READER,
    IS_ACK,
    IS_ERROR,
    IS_RESPONSE,
    MOST,
    NACK,
    TO_READER,
    build,
    parse,
)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_MS = const(3)
_ACK_MS = const(50)
_BYTES_A_MS = const(11)  # of the slowest bus, HSU: its longest command takes 24 ms
_SETTLE_MS = const(3)
_REPEATS = const(2)
_NOTHING = const(-1)


class Trouble(Exception):
    """The reader itself failed; args[0] is a name."""


class Late(Trouble):
    """The reader took a command and had no response in time."""


class Pn532Link:
    """One command at a time, over one of the transports."""

    def __init__(self, transport, count: "Callable[[str], None]") -> None:  # type: ignore[no-untyped-def]
        """transport: Hsu, Spi or I2c."""
        self._transport = transport
        self._count = count
        self._frame = memoryview(bytearray(MOST))
        self._begin = 0
        self._end = 0
        self._owed = False

    async def wake(self) -> None:
        """Wake the reader, and end what it may be doing."""
        await self._transport.wake()
        await self.abort()

    async def abort(self) -> None:
        """End the command that is under way, if any, and forget what comes of it."""
        self._transport.write(ACK)
        await asyncio.sleep_ms(_SETTLE_MS)
        self._transport.forget()
        self._owed = False

    async def call(
        self, head: bytes, data: "bytes | memoryview", milliseconds: int, once: bool = False
    ) -> memoryview:
        """Send a command, and return its response's data, which is valid until the next call.

        head: the command's code and what follows it. A command whose ACK is missing is sent
        again, unless it may be carried out only `once`. A response that stays wrong, or none in
        so many milliseconds, raises Trouble or Late.
        """
        if self._owed:  # the one before was cancelled
            await self.abort()
        self._owed = True
        frame = build(TO_READER, head, data)
        deadline = time.ticks_add(time.ticks_ms(), milliseconds)
        for _ in range(1 if once else 2):
            self._transport.write(frame)
            if await self._acknowledged(_ACK_MS + len(frame) // _BYTES_A_MS):
                await self._respond(head[0] + 1, deadline)
                self._owed = False
                return self._frame[self._begin + 1 : self._end]
        raise Trouble("reader_silent")

    async def _acknowledged(self, milliseconds: int) -> bool:
        """Wait so long for the ACK. What comes before it is of another command: in a payment an
        old response must never be taken for the new one, so without its ACK none counts."""
        until = time.ticks_add(time.ticks_ms(), milliseconds)
        while True:
            kind = await self._next(until)
            if kind == IS_ACK:
                return True
            if kind != _NOTHING:
                self._count("reader_stale" if kind == IS_RESPONSE else "reader_bad_frame")
            if _passed(until):  # also where there is always something, but never the ACK
                self._count("reader_no_answer")
                return False

    async def _respond(self, code: int, deadline: int) -> None:
        """Wait for the response of a code, and have it repeated while it is wrong."""
        bad = 0
        while True:
            kind = await self._next(deadline)
            if kind == IS_RESPONSE and self._end > self._begin:
                if self._frame[self._begin] == code:
                    return
                self._count("reader_stale")
            elif kind == IS_ERROR:
                raise Trouble("reader_refused")
            elif kind != IS_ACK and kind != _NOTHING:
                self._count("reader_bad_frame")
                bad += 1
                if bad > _REPEATS:
                    raise Trouble("reader_garbled")
                self._transport.write(NACK)
            if _passed(deadline):
                self._count("reader_no_answer")
                raise Late("reader_silent")

    async def _next(self, until: int) -> int:
        """The kind of the next frame, or _NOTHING; a frame that is there counts even when the time
        has passed: the loop may have been busy."""
        while True:
            size = self._transport.take(self._frame)
            if size:
                kind, self._begin, self._end = parse(self._frame, size, FROM_READER)
                await asyncio.sleep_ms(0)
                return kind
            if _passed(until):
                return _NOTHING
            await asyncio.sleep_ms(_POLL_MS)


def _passed(until: int) -> bool:
    return time.ticks_diff(until, time.ticks_ms()) <= 0
