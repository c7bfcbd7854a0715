"""The memory that the firmware leaves: `make size` has the whole table."""

from pathlib import Path

from tools.compile import compile_board
from tools.size.__main__ import CHIP, GOALS, at_rest, reader_heap


async def test_the_heap_at_rest(tmp_path: Path) -> None:
    figures = await at_rest(tmp_path)
    for name in ("heap_free_bytes", "shims_bytes"):
        low, high = GOALS[name]
        assert low <= figures[name] <= high, name
    # What is loaded when it is needed is gone again.
    assert figures["at_rest"] == ["endpoint", "resident", "rgb444", "web"]


async def test_what_a_reader_takes_of_the_heap(tmp_path: Path) -> None:
    low, high = GOALS["reader_heap_bytes"]
    assert low < await reader_heap(tmp_path) <= high


def test_the_resident_code(tmp_path: Path) -> None:
    compile_board(tmp_path, CHIP)
    resident = ("tillqr/resident.mpy", "tillqr/rgb444.mpy")
    _, most = GOALS["mpy_resident_bytes"]
    assert sum((tmp_path / path).stat().st_size for path in resident) <= most
