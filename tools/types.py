"""Check types: the firmware against the ESP32 stubs, the rest against CPython.

`python -m tools.types`. MicroPython's standard library differs from CPython's, so the firmware
is checked with the stubs' own typeshed and modules, copied to build/stubs.
"""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_STUBS = ROOT / "build" / "stubs"


def main() -> int:
    """Run mypy on each side; 0 if both are clean."""
    site_packages = _copy_stubs()
    firmware = _mypy(
        "--custom-typeshed-dir",
        str(site_packages),
        "--config-file",
        "firmware/mypy.ini",
        "firmware/main.py",
        "firmware/tillqr",
    )
    host = _mypy("host_sim", "tools", "tests")
    return firmware or host


def _copy_stubs() -> Path:
    """Lay the chip's modules out where mypy may look; return where the typeshed is."""
    shutil.rmtree(_STUBS, ignore_errors=True)
    distribution = importlib.metadata.distribution("micropython-esp32-stubs")
    for file in distribution.files or []:
        if file.suffix == ".pyi":
            target = _STUBS / str(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(distribution.locate_file(file)), target)
    return Path(str(distribution.locate_file("")))


def _mypy(*arguments: str) -> int:
    command = [sys.executable, "-m", "mypy", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
