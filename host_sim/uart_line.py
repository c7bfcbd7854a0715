"""The line between a board's UART and a register: a pty with the speed of a real wire.

Bytes take 10 bits each at the board's baud rate. If the register has opened the port at another
rate, what arrives is garbage, as it would be.
"""

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Callable, Iterator
from typing import Literal

From = Literal["board", "register"]
_CHUNK = 256
_RATES = {
    getattr(termios, name): int(name[1:])
    for name in dir(termios)
    if name[0] == "B" and name[1:].isdigit()
}


def _carried(_: From) -> bool:
    """A frame goes on, when nobody asks."""
    return True


def _unnoticed(_: From, __: int) -> None:
    """Bytes go on, when nobody counts."""


class _Frames:
    """Where frames end in a stream of bytes: at each zero after anything else."""

    def __init__(self) -> None:
        self._inside = False

    def pieces(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """The data in pieces, and of each whether it ends a frame."""
        begin = 0
        for at, byte in enumerate(data):
            ended = self._inside and byte == 0
            self._inside = byte != 0
            if ended:
                yield data[begin : at + 1], True
                begin = at + 1
        if begin < len(data):
            yield data[begin:], False


class UartLine:
    """One pty; the board's end is a stream, the register's end is `path`."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        """The serial port that a register opens."""
        self.on_frame: Callable[[From], bool] = _carried
        """Asked, with who sent it, when the end of a frame is about to go on; False loses it."""
        self.on_bytes: Callable[[From, int], None] = _unnoticed
        """Told, with who sent them, how many bytes reach the board's pin, or leave it."""
        self._frames: dict[From, _Frames] = {"board": _Frames(), "register": _Frames()}
        self._board: asyncio.StreamWriter | None = None
        self._baud = 115200
        self._from_register: asyncio.Queue[bytes] = asyncio.Queue(64)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to carry bytes; needs the running loop."""
        asyncio.get_running_loop().add_reader(self._master, self._register_sent)
        self._tasks.append(asyncio.create_task(self._carry_to_board()))

    def stop(self) -> None:
        """Let go of the pty."""
        asyncio.get_running_loop().remove_reader(self._master)
        for task in self._tasks:
            task.cancel()
        os.close(self._master)
        os.close(self._slave)

    async def attach(
        self, baud: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """A board's UART joined the line; returns when it is gone."""
        self._baud = baud
        self._board = writer
        try:
            while data := await reader.read(_CHUNK):
                self.on_bytes("board", len(data))
                await asyncio.sleep(len(data) * 10 / self._baud)
                with contextlib.suppress(BlockingIOError):  # no register reads: the bytes are lost
                    os.write(self._master, self._heard(self._passed("board", data)))
        finally:
            self._board = None

    def _register_sent(self) -> None:
        """Take what a register has written; while the line is behind, it waits in the pty, and the
        register with it."""
        if self._from_register.full():
            asyncio.get_running_loop().remove_reader(self._master)
            return
        with contextlib.suppress(OSError):
            self._from_register.put_nowait(os.read(self._master, _CHUNK))

    async def _carry_to_board(self) -> None:
        while True:
            data = await self._from_register.get()
            if self._from_register.empty():
                asyncio.get_running_loop().add_reader(self._master, self._register_sent)
            await asyncio.sleep(len(data) * 10 / self._baud)
            data = self._passed("register", data)
            if self._board is not None:
                self.on_bytes("register", len(data))
                self._board.write(self._heard(data))

    def _passed(self, sender: From, data: bytes) -> bytes:
        """What of the data goes on."""
        pieces = self._frames[sender].pieces(data)
        return b"".join(piece for piece, ends in pieces if not ends or self.on_frame(sender))

    def _heard(self, data: bytes) -> bytes:
        """The bytes as the other end's UART reads them."""
        rate = _RATES.get(termios.tcgetattr(self._slave)[5], 0)
        return data if rate == self._baud else bytes(byte ^ 0xA5 for byte in data[::2])
