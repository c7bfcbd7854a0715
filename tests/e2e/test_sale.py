"""`make sale`, as its user runs it: every outcome on every runtime."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from host_sim import phone
from host_sim.board import ROOT, RUNTIMES
from host_sim.sole_use import sole_use

OUTCOMES = {"paid": "paid", "declined": "failed", "cancelled": "cancelled", "expired": "expired"}


def run_sale(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The sale command, in a directory of its own."""
    command = [sys.executable, "-m", "host_sim.sale", "--directory", str(directory), *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_outcome(runtime: str, outcome: str, tmp_path: Path) -> None:
    database = tmp_path / "other.db"
    run = run_sale(
        tmp_path / "sale",
        "--runtime",
        runtime,
        "--outcome",
        outcome,
        "--amount",
        "4711",
        "--currency",
        "JPY",
        "--db",
        f"sqlite:///{database}",
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads(run.stdout.splitlines()[-1])
    assert set(report) == {
        "order",
        "outcome",
        "runtime",
        "method",
        "road",
        "amount",
        "currency",
        "db_rows",
        "qr_text",
        "steps_ms",
    }
    assert (report["outcome"], report["runtime"]) == (OUTCOMES[outcome], runtime)
    assert report["road"] == "http"
    assert (report["amount"], report["currency"]) == (4711, "JPY")
    assert report["db_rows"] == (outcome == "paid")
    with sqlite3.connect(database) as connection:
        found = connection.execute('SELECT "order", outcome, amount FROM attempts').fetchall()
    assert found == [(report["order"], OUTCOMES[outcome], 4711)]
    screens = sorted(path.name for path in (tmp_path / "sale").glob("*.png"))
    assert len(screens) == 5
    if outcome == "expired":  # the code stood for its whole time
        assert report["steps_ms"]["unknown"] > 4000
    code = next((tmp_path / "sale").glob("*-qr.png"))
    assert phone.read_code(Image.open(code)) == report["qr_text"]


def test_a_small_square_panel(tmp_path: Path) -> None:
    run = run_sale(tmp_path, "--board", "devkit_240x240")
    assert run.returncode == 0, run.stdout + run.stderr
    assert Image.open(next(tmp_path.glob("*-paid.png"))).size == (240, 240)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--currency", "XXQ"), "no ISO 4217 currency"),
        (("--amount", "0"), "amount must be"),
        (("--amount", "12.50"), "invalid int value"),
        (("--runtime", "jython"), "invalid choice"),
        (("--road", "sea"), "invalid choice"),
        (("--broker", "rabbit"), "invalid choice"),
        (("--board", "toaster"), "there is no board"),
        (("--method", "emv", "--road", "http"), "with emv the road is mqtts or https"),
        (("--method", "ntag", "--road", "mqtt"), "with ntag the road is mqtts or https"),
        (("--db", "sqlite:////no/such/place.db"), "can't open the database"),
    ],
)
def test_bad_options(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    run = run_sale(tmp_path, *options)
    assert run.returncode not in (0, None)
    assert words in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


def test_a_directory_has_one_sale_at_a_time_and_keeps_what_is_not_of_a_sale(tmp_path: Path) -> None:
    kept = tmp_path / "holiday.png"
    kept.write_bytes(b"mine")
    left = tmp_path / "01-idle.png"
    left.write_bytes(b"of an earlier sale")
    with sole_use(tmp_path):
        run = run_sale(tmp_path, "--runtime", "cpython")
        assert run.returncode == 1
        assert run.stderr.startswith(f"sale: another run uses {tmp_path}; name another with ")
        assert left.exists()
    run = run_sale(tmp_path, "--runtime", "cpython", "--outcome", "cancelled")
    assert run.returncode == 0, run.stdout + run.stderr
    assert kept.read_bytes() == b"mine"
    assert not left.exists()
