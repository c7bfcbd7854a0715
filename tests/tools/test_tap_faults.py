"""The campaign of failing readers in whole sales: a short part, and that it can fail."""

from collections import Counter

import pytest

from host_sim.reader.wiring import BUSES
from tools.tap_faults import __main__ as tap_faults
from tools.tap_faults.__main__ import all_cases


def test_there_is_every_fault_of_every_card() -> None:
    cases = all_cases({"emv": Counter({"in": 3, "out": 2}), "sun": Counter({"in": 1})})
    assert len(cases) == len(set(cases)) == (3 + 2 + 1) * 7
    assert all(case.fault != "dead" for case in cases)


@pytest.mark.parametrize("bus", BUSES)
def test_some_sales_end_paid_once(bus: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tap_faults.main(["--bus", bus, "--some", "2", "--seed", bus.encode().hex()[:2]]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "tap-faults: 2 sales, 2 paid once, 0 not"


def test_a_sale_that_is_not_paid_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tap_faults, "_DEADLINE", 6.0)
    monkeypatch.setattr(
        tap_faults, "all_cases", lambda _: [tap_faults.Case("emv", "in", 0, "dead")]
    )
    assert tap_faults.main([]) == 1
    assert "0 paid once, 1 not" in capsys.readouterr().out
