"""The firmware's own code as a process, on CPython or on MicroPython with what is flashed."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent.parent
RUNTIMES = ("cpython", "micropython")
JUDGE, CHARGE, TAP, STATE, MEMORY = b"J", b"C", b"W", b"S", b"M"
"""The records of drive.py that are answered."""
_HEAP = "1m"
_DRIVE = str(Path(__file__).parent / "drive.py")


class TargetLost(RuntimeError):
    """The process ended before it answered; the text is what it said last."""


@dataclass(frozen=True)
class Step:
    """One record for drive.py, and what is known of its answer."""

    kind: bytes
    content: bytes
    group: str = ""
    """The class of attack that a body is of."""
    sort: str = ""
    """rule.FORGED, GENUINE or UNCLEAR."""
    answer: Sequence[object] | None = None
    """The right one, if there is but one."""

    def record(self) -> bytes:
        """As drive.py reads it."""
        return self.kind + len(self.content).to_bytes(2, "big") + self.content


class Target:
    """One process; not for several threads."""

    def __init__(self, runtime: str, spoil: str = "") -> None:
        """spoil: the name of a fault of spoil.py."""
        self.runtime = runtime
        command, environment = _command(runtime)
        self._process = subprocess.Popen(
            [*command, _DRIVE, *([spoil] if spoil else [])],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> "Target":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def answers(self, steps: Sequence[Step]) -> Iterator[tuple[Step, list]]:
        """Carry out records; each that asks, with its answer. Raises TargetLost."""
        records = b"".join(step.record() for step in steps)
        writer = threading.Thread(target=self._write, args=(records,))
        writer.start()
        assert self._process.stdout is not None
        for step in steps:
            if step.kind in (JUDGE, CHARGE, TAP, STATE, MEMORY):
                line = self._process.stdout.readline()
                try:
                    yield step, json.loads(line)
                except ValueError:  # no answer, but the end or a traceback
                    raise TargetLost(f"{self.runtime} ended: {self._rest(line)}") from None
        writer.join()

    def _write(self, records: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(records)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, which whoever reads sees too

    def _rest(self, line: bytes) -> str:
        """What the process says at its end, on either stream."""
        assert self._process.stdout is not None and self._process.stderr is not None
        said = line + self._process.stdout.read() + self._process.stderr.read()
        return " / ".join(said.decode(errors="replace").split("\n"))[-2000:]


def _command(runtime: str) -> tuple[list[str], dict[str, str]]:
    """What runs a script with the firmware on a runtime, and the environment for it."""
    if runtime == "micropython":
        micropython = str(Path(sys.executable).parent / "micropython")
        paths = ["", str(ROOT), str(ROOT / "build" / "firmware"), ".frozen"]
        environment = {"MICROPYPATH": os.pathsep.join(paths)}
        return [micropython, "-X", f"heapsize={_HEAP}"], environment
    paths = [str(ROOT), str(ROOT / "firmware"), str(ROOT / "host_sim" / "shims" / "cpython")]
    # unbuffered: an answer is waited for before the next question
    return [sys.executable, "-u"], {"PYTHONPATH": os.pathsep.join(paths)}
