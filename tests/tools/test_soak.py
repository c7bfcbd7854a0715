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


def test_codes_of_the_backend_leave_nothing() -> None:
    """What a display has for them takes the most of its memory."""
    assert main(["--sales", "50", "--charges", "backend"]) == 0


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


def tally(used: int = 0, largest: int = 0, slower: float = 1.0, samples: int = 8) -> Tally:
    """A judged one with a sample a hundred sales; used, largest: bytes that both rise by from each
    to the next; slower: of the last two hundred sales, what else takes a second each."""
    processor = [0.0]
    for number in range(1, samples):
        processor.append(processor[-1] + (100 * slower if number >= samples - 2 else 100))
    made = Tally(
        [
            Sample(100 * at, 100_000 + used * at, 9000 + largest * at, seconds)
            for at, seconds in enumerate(processor)
        ],
        [1.0] * 100 * samples,
    )
    made.judge()
    return made


def test_what_is_complained_of() -> None:
    assert tally().complaints == []
    assert tally(used=70).complaints == []
    assert "grown by 700" in tally(used=100).complaints[0]
    assert "grown by 600" in tally(used=600, samples=2).complaints[0]
    assert tally(largest=-200).complaints == []
    assert "shrunk by 2800" in tally(largest=-400).complaints[0]
    assert tally(slower=1.4).complaints == []
    assert "1.60 times slower" in tally(slower=1.6).complaints[0]
    assert tally(slower=1.6).report()[-1] == "soak: 800 sales, growth 0 bytes"


def test_two_samples_do_not_say_whether_the_largest_block_shrinks() -> None:
    made = tally(largest=-4000, samples=2)
    assert made.complaints == [] and "shrunk" not in "".join(made.report())
