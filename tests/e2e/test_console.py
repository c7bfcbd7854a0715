"""The console: what it tells a technician, and that only who stands at the board opens it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from host_sim.bench import Bench
from host_sim.board import RUNTIMES

# Open, as the chip's console is until main.py locks it; somebody presses Ctrl-C meanwhile.
_POWER = "power is on"
_EARLY = """
import micropython
import time

micropython.kbd_intr(-1)
print("power is on")
time.sleep_ms(50)
micropython.kbd_intr(3)
execfile("main.py")
"""

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


async def test_nobody_gets_a_prompt_by_being_early(tmp_path: Path) -> None:
    """Ctrl-C all the time, from before main.py is read until the display works.

    One that comes while it is read ends at a prompt, as on the chip one during the frozen
    _boot.py would; none may that comes once main.py runs.
    """
    probe = tmp_path / "early.py"
    probe.write_text(_EARLY)
    options: dict[str, Any] = {"console": True, "probe": probe}
    async with Bench("micropython", directory=tmp_path / "bench", **options) as bench:
        assert bench.board.console is not None
        log, starts = bench.board.log, 0
        with open(bench.board.console.path, "wb", buffering=0) as keyboard:
            for _ in range(6):
                async with asyncio.timeout(20):
                    while log.read_text().count(_POWER) == starts:
                        await asyncio.sleep(0.001)
                    starts = log.read_text().count(_POWER)
                    said = ""
                    while not any(end in said for end in (" ready", ">>>", "status")):
                        said = log.read_text().rpartition(_POWER)[2]
                        keyboard.write(b"\x03")
                        await asyncio.sleep(0.0002)
                # A signal on its way while the firmware stops to take it ends the Unix port.
                assert " ready" in said or "status -2" in said or said.count("File") == 1, said
                if "status" not in said:
                    bench.board.kill()
