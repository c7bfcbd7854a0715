"""The backend for real boards: it knows those that were provisioned, and nobody else."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from host_sim.bench import DEVICE, SHOP
from host_sim.board import ROOT
from tests.e2e.counter import counter, pay


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "host_sim.backend", "--host", "127.0.0.1", "--port", "0"]
    command += ["--records", str(tmp_path / "records"), "--db", f"sqlite:///{tmp_path}/backend.db"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    yield process
    process.terminate()
    process.communicate(timeout=10)


def _line(backend: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert backend.stdout is not None
    for line in backend.stdout:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"the backend ended without {pattern}")


async def test_a_sale_with_a_record(backend: subprocess.Popen[str], tmp_path: Path) -> None:
    url = _line(backend, r"^backend (http://\S+)")[1]
    async with counter("cpython", tmp_path / "bench", backend=url) as shop:
        code = await shop.show_code()
        async with httpx.AsyncClient(trust_env=False) as stranger:
            assert (await stranger.get(code)).status_code == 400  # nobody's display yet
        record = {"device": DEVICE, "key": shop.bench.key.hex(), "key_number": 1, "shop": SHOP}
        (tmp_path / "records").mkdir()
        (tmp_path / "records" / "broken.json").write_text("{")
        (tmp_path / "records" / f"{DEVICE}.json").write_text(json.dumps(record))
        await asyncio.to_thread(_line, backend, f"knows the display {DEVICE} of {SHOP}")
        await pay(code)
        assert (await shop.result())["outcome"] == "paid"
