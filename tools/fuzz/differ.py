"""The other runtime: a sample of the inputs on MicroPython, with the firmware as it is compiled."""

import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from host_sim.board import ROOT
from tools.fuzz import oracles
from tools.fuzz.drive import MEMORY
from tools.fuzz.job import Share

_HEAP = "640k"
"""With pointers of 64 bits: what takes more memory than a board has shows itself."""
_GROWTH = 2048
"""Bytes of the heap by which what is taken for good may differ from the middle to the end."""
_MARKS = "=!0123456789"
"""How an answer begins; MicroPython says on the same stream why it ends."""
_PATIENCE_S = 600
_LOOK = MEMORY.to_bytes(2, "big")


def compare(share: Share, spoil: str = "") -> None:
    """Judge a share's sample again, and add what is wrong to the share."""
    inputs = [bytes.fromhex(octets) for octets, _ in share.sampled]
    middle = len(inputs) // 2
    records = [len(octets).to_bytes(2, "big") + octets for octets in inputs]
    asked = [*records[:middle], _LOOK, *records[middle:], _LOOK]
    lines, rest = _answers(share.parser, b"".join(asked), spoil)
    if len(lines) < len(asked):
        at = len(lines) - (len(lines) > middle)
        _fail(share, "MicroPython ended: " + rest, inputs[at] if at < len(inputs) else b"")
        return
    first, last = int(lines.pop(middle)), int(lines.pop())
    if last - first > _GROWTH:
        _fail(share, f"memory grew from {first:,} to {last:,} bytes on MicroPython", b"")
    for octets, (_, verdict), line in zip(inputs, share.sampled, lines, strict=True):
        _compare_one(share, octets, verdict.replace("\n", " "), line)


def _compare_one(share: Share, octets: bytes, verdict: str, line: str) -> None:
    share.compared += 1
    if line.startswith("!"):
        _fail(share, f"MicroPython: {line[1:]}", octets)
    elif line[1:] != verdict and not oracles.may_differ(share.parser, octets):
        _fail(share, f"CPython says {verdict!r}, MicroPython {line[1:]!r}", octets)


def _fail(share: Share, words: str, octets: bytes) -> None:
    share.failed += 1
    if len(share.failures) < 30:
        share.failures.append((words, octets.hex()))


def _answers(parser: str, records: bytes, spoil: str) -> tuple[list[str], str]:
    """The lines that a process answers with, and what it says at its end."""
    micropython = str(Path(sys.executable).parent / "micropython")
    drive = str(ROOT / "tools" / "fuzz" / "drive.py")
    command = [micropython, "-X", f"heapsize={_HEAP}", drive, parser, *([spoil] if spoil else [])]
    paths = ("", str(ROOT), str(ROOT / "build" / "firmware"), ".frozen")
    with tempfile.TemporaryDirectory() as directory:
        try:
            run = subprocess.run(
                command,
                env={**os.environ, "MICROPYPATH": os.pathsep.join(paths)},
                cwd=directory,
                input=records,
                capture_output=True,
                timeout=_PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return (late.stdout or b"").decode().splitlines(), "it did not come to an end"
    said = run.stdout.decode(errors="replace").split("\n")
    lines = list(itertools.takewhile(lambda line: line[:1] in _MARKS and line, said))
    return lines, " / ".join([*said[len(lines) :], run.stderr.decode(errors="replace")])[-500:]
