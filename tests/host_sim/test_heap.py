"""What the shims may take of the simulated heap is what they take, not more."""

import os
import subprocess
import sys
from pathlib import Path

from host_sim.board import ROOT, SHIMS_KB

_SCRIPT = """
import asyncio, gc, json, os, select, socket, sys
asyncio.Event, asyncio.start_server
gc.collect()
before = gc.mem_alloc()
import wire, machine, network, esp32
gc.collect()
print(gc.mem_alloc() - before)
"""


def test_the_shims_take_what_they_are_given() -> None:
    paths = ("", str(ROOT / "build" / "shims"), ".frozen")
    run = subprocess.run(
        [Path(sys.executable).parent / "micropython", "-X", "heapsize=1m", "-c", _SCRIPT],
        env={**os.environ, "MICROPYPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(run.stdout) >= SHIMS_KB * 1024
