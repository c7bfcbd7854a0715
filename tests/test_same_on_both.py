"""Every screen, the QR's included, is sent to the panel as the very same bytes on both runtimes."""

import os
import subprocess
import sys
from pathlib import Path

from tests.firmware import test_panel

ROOT = Path(__file__).resolve().parent.parent
_SCRIPT = "from tests.firmware import test_panel\nprint('\\n'.join(test_panel.digests()))"


def test_screens() -> None:
    paths = ("", str(ROOT), str(ROOT / "build" / "firmware"), ".frozen")
    run = subprocess.run(
        [Path(sys.executable).parent / "micropython", "-X", "heapsize=4m", "-c", _SCRIPT],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    lines = test_panel.digests()
    assert len(set(lines)) == len(test_panel.SIZES) * len(test_panel.STATES)
    assert run.stdout.split("\n")[:-1] == lines
