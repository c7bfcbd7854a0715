"""Each file of runtime-neutral tests again, on MicroPython with the firmware as it is flashed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path.stem for path in (ROOT / "tests" / "firmware").glob("test_*.py"))


def test_there_are_neutral_tests() -> None:
    assert len(FILES) >= 10


@pytest.mark.parametrize("name", FILES)
def test_on_micropython(name: str) -> None:
    micropython = Path(sys.executable).parent / "micropython"
    paths = ("", str(ROOT), str(ROOT / "build" / "firmware"), ".frozen")
    run = subprocess.run(
        [micropython, "-X", "heapsize=4m", "tests/run_neutral.py", name],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
