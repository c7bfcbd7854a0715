"""What of the simulated chip outlives a reset, and what a power cut."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from host_sim.bench import Bench
from host_sim.board import RUNTIMES
from host_sim.rtc import Rtc

PROBE = Path(__file__).parent / "probes" / "memory.py"
PWRON, HARD, WDT = 1, 2, 3


@asynccontextmanager
async def scripted(directory: Path, verb: str) -> AsyncIterator[Bench]:
    """A board that runs the script, and does the verb."""
    async with Bench("micropython", directory=directory, probe=PROBE, shop=verb) as bench:
        yield bench


async def starts(bench: Bench, number: int) -> list[tuple[int, str]]:
    """(cause, what the memory had) of so many starts."""
    async with asyncio.timeout(20):
        while True:
            lines = bench.board.log.read_text().splitlines()
            assert not any("Traceback" in line for line in lines), lines
            said = [json.loads(line) for line in lines if line.startswith("{")]
            if len(said) >= number:
                return [(one["cause"], one["memory"]) for one in said]
            await asyncio.sleep(0.02)


async def test_memory_outlives_a_reset_and_no_power_cut(tmp_path: Path) -> None:
    async with scripted(tmp_path, "reset") as bench:
        assert await starts(bench, 3) == [(PWRON, ""), (HARD, "r"), (HARD, "rr")]
        bench.board.kill()
        assert (await starts(bench, 4))[3] == (PWRON, "")


async def test_memory_outlives_the_watchdog(tmp_path: Path) -> None:
    async with scripted(tmp_path, "hang") as bench:
        assert (await starts(bench, 3))[:3] == [(PWRON, ""), (WDT, "r"), (WDT, "rr")]


async def test_memory_takes_2048_bytes_and_no_more(tmp_path: Path) -> None:
    async with scripted(tmp_path, "fill") as bench:
        assert (await starts(bench, 2))[1][0] == 2048
        assert '"refused": "buffer too long"' in bench.board.log.read_text()


def test_the_clock_is_forgotten_at_each_start() -> None:
    rtc = Rtc()
    rtc.answer("datetime", [2026, 11, 24, 1, 13, 45, 59, 0])
    rtc.answer("memory", b"kept".hex())
    rtc.start(powered_on=False)
    assert (rtc.clock_set, rtc.answer("memory", None)) == (None, b"kept".hex())


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_a_task_can_be_crashed(runtime: str, tmp_path: Path) -> None:
    async with Bench(runtime, directory=tmp_path) as bench:
        async with asyncio.timeout(30):
            while " ready" not in bench.board.log.read_text():
                await asyncio.sleep(0.02)
            bench.board.station.fault = "on purpose"
            while "ValueError: on purpose" not in bench.board.log.read_text():
                await asyncio.sleep(0.02)
