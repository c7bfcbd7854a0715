"""`make sale` by a card: every way to wire a machine, every kind of card, on both runtimes."""

import json
from pathlib import Path

import pytest

from host_sim.board import RUNTIMES
from host_sim.sale import METHODS
from tests.e2e.test_sale import OUTCOMES, run_sale

SALES = [(name, outcome) for name in METHODS if name != "qr" for outcome in METHODS[name]]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("method", "outcome"), SALES)
def test_sale(runtime: str, method: str, outcome: str, tmp_path: Path) -> None:
    run = run_sale(tmp_path, "--runtime", runtime, "--method", method, "--outcome", outcome)
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads(run.stdout.splitlines()[-1])
    assert (report["method"], report["outcome"]) == (method, OUTCOMES[outcome])
    assert (report["db_rows"], report["qr_text"]) == (outcome == "paid", "")


def test_an_outcome_that_a_method_has_not(tmp_path: Path) -> None:
    run = run_sale(tmp_path, "--method", "machine-direct", "--outcome", "expired")
    assert run.returncode == 2
    assert "machine-direct can only end paid, declined" in run.stderr
