"""Taps on a simulated board with a reader, one at a time, from the bench's side."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from host_sim.board import ROOT, Board
from host_sim.cards.card import Card
from host_sim.reader.field import Field
from host_sim.reader.pn532 import Pn532Model

PROBE = Path(__file__).parent / "probe.py"
_PATIENCE_SECONDS = 30
EXCHANGE_MS = 300
"""How long the probe lets a card think."""


class Echo(Card):
    """A card with ISO-DEP that answers what the command asks for (probe.py: expected)."""

    atqa = b"\x44\x03"
    sak = 0x20
    ats = bytes.fromhex("75778102")

    def __init__(self, uid: bytes = bytes.fromhex("04112233445566"), delay: float = 0.0) -> None:
        self.uid = uid
        self.delay = delay

    def answer(self, command: bytes) -> bytes | None:
        """So many bytes as its third and fourth say, counted from their sum."""
        size, total = int.from_bytes(command[2:4], "big"), sum(command)
        return bytes((total + at * 3) & 0xFF for at in range(size)) + b"\x90\x00"


class Taps:
    """The bench's hand at the board."""

    def __init__(self, board: Board) -> None:
        assert board.reader is not None
        self._board = board
        self._read = 0
        self.field: Field = board.reader.field
        self.model: Pn532Model = board.reader.model

    async def said(self) -> dict:
        """The next line of the script; raises AssertionError with what it printed, if it fails."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                text = self._board.log.read_text()
                lines = text.splitlines()[: text.count("\n")]
                if any("Traceback" in line for line in lines):
                    raise AssertionError(text)
                found = [line for line in lines if line.startswith("{")]
                if len(found) > self._read:
                    self._read += 1
                    return dict(json.loads(found[self._read - 1]))
                await asyncio.sleep(0.01)

    async def tap(self) -> dict:
        """One tap, and what came of it."""
        self._board.hold()
        try:
            return await self.said()
        finally:
            self._board.release()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def tapping(
    runtime: str, bus: str, directory: Path, board: str = "devkit_240x320", rest: bool = False
) -> AsyncIterator[Taps]:
    """A board with a reader on a bus, started; rest: whether the reader sleeps between taps."""
    modules = "" if runtime == "cpython" else str(ROOT / "build" / "firmware")
    plan = {"modules": modules, "exchange_ms": EXCHANGE_MS, "rest": rest}
    made = Board(runtime, board, directory, plan, {}, lambda: None, probe=PROBE, reader=bus)
    await made.start()
    try:
        taps = Taps(made)
        started = await taps.said()
        assert started["outcome"] is None, started
        yield taps
    finally:
        await made.stop()
