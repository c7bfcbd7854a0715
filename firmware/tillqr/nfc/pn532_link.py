"""Commands to a PN532 and their responses (UM0701-02, 6.2.1 and 6.2.2): ACK, NACK, deadlines.

The reader acknowledges a command within 15 ms and responds when it is done. A NACK has it repeat
its response; an ACK from the host ends what it does.
"""

import asyncio
import time

from micropython import const

from tillqr.nfc.pn532_frame import (
    ACK,
    BAD,
    FROM_READER,
    IS_ACK,
    IS_ERROR,
    IS_NACK,
    IS_RESPONSE,
    MOST,
    NACK,
    TO_READER,
    parse,
    write,
)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_MS = const(1)
_ACK_MS = const(30)
_ONCE_MS = const(200)
"""How long a response without an ACK is waited for, where a command must not be sent twice."""
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
        self._sent = memoryview(bytearray(MOST))
        self._frame = memoryview(bytearray(MOST))
        self._begin = 0
        self._end = 0
        self._owed = False

    async def wake(self) -> None:
        """Wake the reader, and end what it may be doing."""
        await self._transport.wake()
        self.abort()

    def abort(self) -> None:
        """End the command that is under way, if any."""
        self._transport.write(ACK)
        self._transport.forget()
        self._owed = False

    async def call(
        self, head: bytes, data: "bytes | memoryview", milliseconds: int, once: bool = False
    ) -> memoryview:
        """Send a command, and return its response's data, which is valid until the next call.

        head: the command's code and what follows it. A command whose ACK is missing is sent
        again, unless it may be carried out only `once`. A response for whose checksum there is
        no hope, or none in so many milliseconds, raises Trouble or Late.
        """
        if self._owed:  # the one before was cancelled
            self.abort()
        self._owed = True
        size = write(self._sent, TO_READER, head, data)
        deadline = time.ticks_add(time.ticks_ms(), milliseconds)
        repeats = 0 if once else 1
        while True:
            self._transport.write(self._sent[:size])
            patience = min(milliseconds, _ONCE_MS if once else _ACK_MS)
            if await self._respond(head[0] + 1, deadline, patience):
                self._owed = False
                return self._frame[self._begin + 1 : self._end]
            if not repeats:
                raise Trouble("reader_silent")
            repeats -= 1

    async def _respond(self, code: int, deadline: int, patience: int) -> bool:
        """Wait for the response of a code; False: nothing at all came in `patience` ms."""
        acknowledged = False
        bad = 0
        until = time.ticks_add(time.ticks_ms(), patience)
        while True:
            kind = await self._next(until)
            if kind == _NOTHING:
                self._count("reader_no_answer")
                if acknowledged:
                    raise Late("reader_silent")
                return False
            if kind == IS_RESPONSE:
                if self._end > self._begin and self._frame[self._begin] == code:
                    return True
                self._count("reader_stale")
            elif kind == IS_ERROR:
                self._owed = False
                raise Trouble("reader_refused")
            elif kind in (BAD, IS_NACK):
                self._count("reader_bad_frame")
                bad += 1
                if bad > _REPEATS:
                    raise Trouble("reader_garbled")
                if acknowledged:
                    self._transport.write(NACK)
            if kind in (IS_ACK, BAD, IS_NACK):  # what comes first is the ACK, however damaged
                acknowledged = True
                until = deadline

    async def _next(self, until: int) -> int:
        """The kind of the next frame, or _NOTHING."""
        while True:
            size = self._transport.take(self._frame)
            if size:
                kind, self._begin, self._end = parse(self._frame, size, FROM_READER)
                await asyncio.sleep_ms(0)
                return kind
            if time.ticks_diff(until, time.ticks_ms()) <= 0:
                return _NOTHING
            await asyncio.sleep_ms(_POLL_MS)
