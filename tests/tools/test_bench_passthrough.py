"""A short part of `make bench-passthrough`: byte-exact both ways at once."""

from pathlib import Path

import pytest

from tools import bench_passthrough


async def test_bytes_pass_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_passthrough, "GOAL_MS", 1000.0)  # other tests may run beside it
    said: list[str] = []
    assert await bench_passthrough.run("micropython", tmp_path, 115200, 40_000, said.append)
    assert [line.rpartition(", ")[2] for line in said[4:6]] == ["identical", "identical"]
    assert said[-1] == "overruns: 0; resets of the board: 0"
