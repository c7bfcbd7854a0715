"""The console: what it tells a technician, and that only who stands at the board opens it."""

import asyncio
from pathlib import Path

import pytest

from host_sim.bench import Bench
from host_sim.board import RUNTIMES

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)


async def _printed(bench: Bench, words: str) -> None:
    """Wait until the console has a line."""
    async with asyncio.timeout(20):
        while words not in bench.board.log.read_text().splitlines():
            await asyncio.sleep(0.02)


@runtimes
async def test_it_says_that_it_is_ready(runtime: str, tmp_path: Path) -> None:
    async with Bench(runtime, "t_display", tmp_path) as bench:
        await _printed(bench, "tillqr 0.1.0 t_display ready")


@runtimes
async def test_a_key_that_is_held_at_the_start_opens_it(runtime: str, tmp_path: Path) -> None:
    async with Bench(runtime, directory=tmp_path) as bench:
        await _printed(bench, "tillqr 0.1.0 devkit_240x320 ready")
        bench.board.hold("qr_key")
        bench.board.kill()
        await _printed(bench, "tillqr 0.1.0 devkit_240x320 service")
        await asyncio.sleep(0.5)
        bench.board.release("qr_key")
        assert bench.board.resets == 1  # it has ended, and stands at the prompt
        assert "ready" not in bench.board.log.read_text().rpartition("service")[2]
        bench.board.kill()
        await _printed(bench, "tillqr 0.1.0 devkit_240x320 ready")


@runtimes
async def test_a_firmware_that_fails_gives_no_prompt(runtime: str, tmp_path: Path) -> None:
    async with Bench(runtime, directory=tmp_path) as bench:
        await _printed(bench, "tillqr 0.1.0 devkit_240x320 ready")
        (bench.board.log.parent / "fonts.tqf").write_bytes(b"broken")
        bench.board.kill()
        await _printed(bench, "[bench] the firmware ended with status 3")  # machine.reset()
