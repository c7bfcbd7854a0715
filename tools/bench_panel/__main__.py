"""Benchmark of the panel: bytes and calls on the wire, instructions a pixel, and heap.

`make bench-panel` (needs valgrind). It runs the compiled firmware on MicroPython's Unix port,
prints a table, writes build/bench/panel.json, and fails if a goal is missed. Instructions are
callgrind's, of painting a screen eleven times less those of painting it once.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from host_sim.board import ROOT
from tools.bench_panel.drive import STATES

PIXELS = 240 * 320
GOALS = {
    "qr_wire_ratio": 1.05,
    "tick_bytes": 2047,
    "tick_allocations": 0,
    "heap_loaded_bytes": 60_000,
}
"""The most that each figure may be."""
_COUNTED = ("qr", "paid", "cart")
_TIMES = 10
_HEAP = "2m"
_CALLGRIND = ("valgrind", "--tool=callgrind", "--quiet")


def main() -> int:
    """Measure, print, write; 0 if every goal is met."""
    if shutil.which("valgrind") is None:
        print("bench-panel: valgrind is needed (Debian: apt-get install valgrind)")
        return 2
    figures = {**json.loads(_drive("wire")), **json.loads(_drive("heap"))}
    del figures["state"]
    figures["instructions_a_pixel"] = {state: _a_pixel(state) for state in _COUNTED}
    _print(figures)
    target = ROOT / "build" / "bench" / "panel.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1) + "\n")
    missed = [name for name, most in GOALS.items() if figures[name] > most]
    for name in missed:
        print(f"missed: {name} is {figures[name]}, at most {GOALS[name]} is wanted")
    return 1 if missed else 0


def _command(*arguments: str) -> list[str]:
    micropython = Path(sys.executable).parent / "micropython"
    drive = Path(__file__).parent / "drive.py"
    return [str(micropython), "-X", f"heapsize={_HEAP}", str(drive), *arguments]


def _environment() -> dict[str, str]:
    paths = ("", str(ROOT / "build" / "firmware"), ".frozen")
    return {**os.environ, "MICROPYPATH": os.pathsep.join(paths)}


def _drive(*arguments: str) -> str:
    run = subprocess.run(
        _command(*arguments),
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def _a_pixel(state: str) -> float:
    once, often = (_instructions(state, times) for times in (1, 1 + _TIMES))
    return round((often - once) / _TIMES / PIXELS, 2)


def _instructions(state: str, times: int) -> int:
    """What callgrind counts of painting a screen some times."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "callgrind.out"
        subprocess.run(
            [*_CALLGRIND, f"--callgrind-out-file={out}", *_command("paint", state, str(times))],
            cwd=ROOT,
            env=_environment(),
            capture_output=True,
            check=True,
        )
        lines = out.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(("summary:", "totals:")))


def _print(figures: dict) -> None:
    print(f"{'screen':<8} {'bytes':>8} {'calls':>6} {'instructions a pixel':>21}")
    for state in STATES:
        sent, calls = figures["screens"][state]
        counted = figures["instructions_a_pixel"].get(state, "")
        print(f"{state:<8} {sent:>8,} {calls:>6} {counted:>21}")
    for name in GOALS:
        print(f"{name:<22} {round(figures[name], 4):>10,}   goal: at most {GOALS[name]:,}")


if __name__ == "__main__":
    sys.exit(main())
