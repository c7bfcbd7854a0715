"""Names of MicroPython's own read-only memory: they must be there, and mean nothing to us."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from tools import rom_names
from tools.compile import ROOT

_COUNT = """
import micropython
for name in NAMES:
    micropython.qstr_info()
    exec("lambda: None." + name)
micropython.qstr_info()
"""


def test_they_take_no_memory(tmp_path: Path) -> None:
    script = tmp_path / "count.py"
    script.write_text(f"NAMES = {' '.join(rom_names.NAMES)!r}.split()\n{_COUNT}")
    micropython = Path(sys.executable).parent / "micropython"
    run = subprocess.run([micropython, script], capture_output=True, text=True, check=True)
    counts = [int(found) for found in re.findall(r"n_qstr=(\d+)", run.stdout)]
    assert len(counts) == len(rom_names.NAMES) + 1
    costly = [
        name
        for name, before, after in zip(rom_names.NAMES, counts, counts[1:], strict=False)
        if after != before
    ]
    assert costly == []


def test_nothing_on_the_board_uses_them() -> None:
    used: set[str] = set()
    for top in ("firmware", "host_sim/shims"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                used.update(
                    word
                    for field in ("id", "attr", "arg", "name", "asname")
                    if isinstance(word := getattr(node, field, None), str)
                )
    assert used & set(rom_names.NAMES) == set()
    assert len(set(rom_names.NAMES)) == len(rom_names.NAMES)
