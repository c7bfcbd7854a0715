"""The line between board and register: all bytes pass, and a test may lose a frame."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import serial

from host_sim.uart_line import From, UartLine

BAUD = 115_200
FRAMES = b"\x00\x03one\x00\x00\x03two\x00\x00\x05three\x00"
WITHOUT_TWO = b"\x00\x03one\x00\x00\x05three\x00"


class Board:
    """A board's end, which keeps what it is sent."""

    def __init__(self) -> None:
        self.sends = asyncio.StreamReader()
        self.heard = b""

    def write(self, data: bytes) -> None:
        """What the line gives it."""
        self.heard += data


@asynccontextmanager
async def joined() -> AsyncIterator[tuple[UartLine, Board, serial.Serial]]:
    """A line with a board and a register at it."""
    line, board = UartLine(), Board()
    line.start()
    register = serial.Serial(line.path, BAUD, timeout=0)
    carrying = asyncio.create_task(line.attach(BAUD, board.sends, board))  # type: ignore[arg-type]
    try:
        yield line, board, register
    finally:
        carrying.cancel()
        register.close()
        line.stop()


async def passed(board: Board, register: serial.Serial, size: int) -> tuple[bytes, bytes]:
    """What has come to board and register, once it is so much or nothing more comes."""
    for at in range(0, len(FRAMES), 5):  # frames come in pieces
        board.sends.feed_data(FRAMES[at : at + 5])
        register.write(FRAMES[at : at + 5])
        await asyncio.sleep(0.005)
    heard = b""
    for _ in range(100):
        heard += register.read(100)
        if min(len(heard), len(board.heard)) >= size:
            break
        await asyncio.sleep(0.01)
    return board.heard, heard


async def test_all_bytes_pass() -> None:
    async with joined() as (_, board, register):
        assert await passed(board, register, len(FRAMES)) == (FRAMES, FRAMES)


async def test_frames_are_told_of_and_can_be_lost() -> None:
    told: list[From] = []

    def second(sender: From) -> bool:
        told.append(sender)
        return told.count(sender) != 2

    async with joined() as (line, board, register):
        line.on_frame = second
        both = await passed(board, register, len(WITHOUT_TWO))
    assert told.count("board") == told.count("register") == 3
    for heard in both:
        frames = [frame for frame in heard.split(b"\x00") if frame]
        assert frames[0] == b"\x03one"
        assert b"\x03two" not in frames  # its end is missing, so it is none
        assert len(frames) < 3 or frames[2] == b"\x05three"
