"""The bench's backend in a process of its own, to be killed: host_sim.backend that dies at a word.

`python -m tools.faults.processes.backend FILE ...`: when it says what FILE has, it removes FILE and
ends by SIGKILL; the other arguments are host_sim.backend's.
"""

import io
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from host_sim import backend


class _Deadly(io.TextIOWrapper):
    """Standard output that ends the process at a word: what is said was done, and nothing after."""

    def __init__(self, out: BinaryIO, file: Path) -> None:
        super().__init__(out, line_buffering=True)
        self._file = file

    def write(self, text: str) -> int:
        size = super().write(text)
        if self._file.exists() and self._file.read_text() in f"{text} ":
            self.flush()
            self._file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return size


def main() -> int:
    """Serve until it is killed."""
    file = Path(sys.argv.pop(1))
    sys.stdout = _Deadly(sys.stdout.buffer, file)
    return backend.main()


if __name__ == "__main__":
    sys.exit(main())
