"""Runs the cases of tools/faults/counter, on some processes of MicroPython at once.

Each process has a whole shop counter in it, with virtual time: a case is the same whenever it is
run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from host_sim.board import ROOT
from tools.faults.outcome import Outcome

HEAP = "2m"
_DRIVE = Path(__file__).parent / "counter" / "drive.py"


@dataclass(frozen=True)
class Wanted:
    """Which cases, and how."""

    only: Sequence[str] = ()
    """Their names, or how these begin up to a slash; empty for all."""
    every: int = 1
    """One of so many."""
    broken: str = ""
    """A rule that is broken (counter/broken.py), or ""."""
    jobs: int = 2
    loud: bool = False
    """Whether a process tells what happened in each."""


def run(wanted: Wanted, tell: Callable[[Outcome], None]) -> list[str]:
    """Tell each outcome as it comes; the last words of processes that ended before their cases."""
    with ThreadPoolExecutor(wanted.jobs) as pool:
        parts = [pool.submit(_part, wanted, part, tell) for part in range(wanted.jobs)]
        return [words for words in (part.result() for part in parts) if words]


def _part(wanted: Wanted, part: int, tell: Callable[[Outcome], None]) -> str:
    """What one process does; its last words, or "" if it came to its end."""
    options = {
        "part": part,
        "parts": wanted.jobs,
        "only": list(wanted.only),
        "every": wanted.every,
        "broken": wanted.broken,
        "loud": wanted.loud,
    }
    said: list[str] = []
    with _start(options) as process:
        assert process.stdout is not None
        for text in process.stdout:
            if text.startswith("@["):
                tell(_outcome(json.loads(text[1:])))
            else:
                said = [*said[-20:], text]
            if wanted.loud and not text.startswith("@"):
                print(text, end="", flush=True)
    if process.returncode or not said or said[-1] != "@done\n":
        return f"a counter ended with {process.returncode}:\n{''.join(said)}"
    return ""


def _outcome(fields: list) -> Outcome:
    name, end, words, seconds, crashes = fields
    return Outcome(name, end, words, seconds, tuple(crashes))


def _start(options: dict) -> subprocess.Popen[str]:
    micropython = Path(sys.executable).parent / "micropython"
    paths = ("", str(ROOT), str(ROOT / "build" / "firmware"), ".frozen")
    return subprocess.Popen(
        [micropython, "-X", f"heapsize={HEAP}", str(_DRIVE), json.dumps(options)],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
