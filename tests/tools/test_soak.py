"""Sales in a row: a few on a board, and that a leak, a loss and slowness are found."""

from pathlib import Path

import pytest

from tools.soak.__main__ import main
from tools.soak.run import ENDS, PROBE, places
from tools.soak.tally import Sample, Tally

# What the firmware would do that keeps a piece of each RESULT.
_LEAK = """
import machine

_kept = [None]
_write = machine.UART.write


def _keeping(self, data):
    if len(data) > 140:
        _kept[0] = (bytes(data[:8]), _kept[0])  # in small pieces
    return _write(self, data)


machine.UART.write = _keeping
"""


def test_a_few_sales_leave_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sales", "50"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1].startswith("soak: 50 sales, growth ")
    assert "heap: " in said and " sales a second" in said


def test_a_leak_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probe = tmp_path / "leak.py"
    probe.write_text(_LEAK + PROBE.read_text())
    assert main(["--sales", "50", "--road", "http", "--probe", str(probe)]) == 1
    growth = int(capsys.readouterr().out.splitlines()[-1].split()[-2])
    assert growth > 10 * 64  # ten sales: at least a bytes object of two blocks each


def test_a_number_that_is_no_round_of_sales_is_refused() -> None:
    with pytest.raises(SystemExit):
        main(["--sales", "35"])


def test_where_the_heap_is_looked_at() -> None:
    assert places(2000)[0] == 100 and places(2000)[-1] == 2000 and len(places(2000)) == 20
    assert places(50) == [40, 50]
    assert all(place % len(ENDS) == 0 for place in places(1240))


def tally(
    used: tuple[int, ...] = (9, 9, 9), largest: tuple[int, ...] = (5, 5, 5), last: float = 1.0
) -> Tally:
    """A judged one of 200 sales; last: seconds that each of the last hundred takes."""
    both = enumerate(zip(used, largest, strict=True))
    samples = [Sample(100 * at, *sizes, 100.0 * at) for at, sizes in both]
    samples.append(Sample(300, used[-1], largest[-1], 200 + 100 * last))
    made = Tally(samples, [1.0] * 300)
    made.judge()
    return made


def test_what_is_complained_of() -> None:
    assert tally().complaints == []
    assert tally(used=(100_000, 100_300, 100_400)).complaints == []
    assert "grown by 750" in tally(used=(100_000, 100_300, 100_700)).complaints[0]
    assert "shrunk by 3150" in tally(largest=(9000, 7500, 6000)).complaints[0]
    assert tally(last=1.4).complaints == []
    assert "1.60 times slower" in tally(last=1.6).complaints[0]
    assert tally(last=1.6).report()[-1] == "soak: 300 sales, growth 0 bytes"
