"""The campaign of a reader's faults: what it tries, and what it calls a failure."""

import pytest

from host_sim.reader.faults import KINDS, Faults, spoil
from tools.reader_faults.__main__ import main
from tools.reader_faults.campaign import Case, Outcome, cases

CASE = Case("spi", "out", 3, "late")
GOOD = {"outcome": "ok", "find": 20, "exchange": 90, "present": 5, "stall": 900, "busy": 100}


def test_every_fault_at_every_frame() -> None:
    found = cases("spi", {"in": 2, "out": 4})
    assert len({one.name for one in found}) == 6 * len(KINDS)
    assert CASE in found


@pytest.mark.parametrize(
    ("said", "after", "words"),
    [
        ({}, {}, []),
        ({"outcome": "card_gone"}, {}, []),
        ({"outcome": "wrong answer"}, {}, ["ended with wrong answer"]),
        ({}, {"outcome": "reader_reset"}, ["the next tap ended with reader_reset"]),
        ({"exchange": 801}, {}, ["exchange took 801 ms"]),
    ],
)
def test_what_is_a_failure(said: dict, after: dict, words: list[str]) -> None:
    outcome = Outcome(CASE, {**GOOD, **said}, {**GOOD, **after})
    assert list(outcome.problems()) == words
    untimed = [one for one in words if " took " not in one]
    assert list(outcome.problems(timed=False)) == untimed


def test_a_fault_is_where_it_is_set() -> None:
    faults = Faults()
    assert faults.next("in") == ""
    faults.at("in", 1, "missing")
    assert [faults.next("out"), faults.next("in")] == ["", ""]
    assert (faults.peek("in"), faults.next("in"), faults.next("in")) == ("missing", "missing", "")
    faults.at("in", 0, "late")
    faults.clear()
    assert faults.next("in") == ""
    with pytest.raises(ValueError, match="corrupted, truncated"):
        faults.at("in", 0, "eaten")


def test_a_frame_is_spoiled() -> None:
    assert spoil(b"abcd", "corrupted") == b"absd"
    assert spoil(b"abcd", "truncated") == b"ab"
    assert spoil(b"abcd", "late") == b"abcd"


def test_the_command_says_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--bus", "hsu", "--some", "1"])  # whether it was in time is the machine's matter
    said = capsys.readouterr().out
    assert "hsu: 1 faults, " in said
    assert "longest stall" in said
