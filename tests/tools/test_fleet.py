"""The fleet: boards lose nothing, and without what they have for it the fleet says that they do."""

import re
import resource

import pytest

from host_sim.board import ROOT
from tools.fleet import __main__ as fleet
from tools.fleet.board import Board
from tools.fleet.shop import Payment
from tools.fleet.tally import Phase, Tally, last_line, percentiles, report

BOARDS = 10
RESULTS = 4 * BOARDS


def run(*arguments: str, boards: int = BOARDS) -> int:
    return fleet.main(["--boards", str(boards), "--seed", "3", *arguments])


def test_a_small_fleet_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--doubt", "3") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"fleet: {BOARDS} boards, {RESULTS} results, 0 lost"
    rows = {line.split()[0]: line.split() for line in lines[1:5]}
    assert list(rows) == ["connect", "quiet", "storm", "resets"]
    sessions = [int(rows[name][1]) for name in rows]
    assert sessions == [BOARDS, 0, BOARDS, 3]
    assert re.search(r"storm .* [1-9]\d* +\d+$", lines[3])  # who comes back asks


def test_a_board_has_all_that_is_asked_of_a_display() -> None:
    net = ROOT / "firmware" / "tillqr" / "net"
    words = (net / "backend.py").read_text() + (net / "broker.py").read_text()
    asked = set(re.findall(r"self\._display\.(\w+)", words))
    assert asked >= {"accept", "path_changed"}
    assert asked - {"charged"} <= set(dir(Board))  # no charge is made for these


def test_a_fleet_that_neither_asks_nor_keeps_loses(capsys: pytest.CaptureFixture[str]) -> None:
    many = 6 * BOARDS  # of a few, each may be back by chance before its result is sent
    assert run("--no-questions", "--no-persistence", "--patience", "3", boards=many) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(rf"fleet: {many} boards, {4 * many} results, [1-9]\d* lost", last)


def test_what_passes(capsys: pytest.CaptureFixture[str]) -> None:
    def tally(*times: int, complaints: tuple[str, ...] = ()) -> Tally:
        payments = [Payment("quiet", "T1", 1.0, True, 1.5, count) for count in times]
        return Tally(2, [Phase("quiet")], payments, complaints=list(complaints))

    assert tally(1, 1).passed
    assert not tally().passed
    assert not tally(1, 0).passed
    assert not tally(1, 2).passed
    assert not tally(1, complaints=("F0001 ended",)).passed
    assert last_line(tally(1, 0, 2)) == "fleet: 2 boards, 3 results, 1 lost"
    report(tally(1, 2))
    assert "1 results were accepted twice" in capsys.readouterr().out


def test_percentiles() -> None:
    seconds = [float(number) for number in range(100, 0, -1)]
    assert percentiles(seconds) == [50, 90, 99, 100]
    assert percentiles([7.0]) == [7] * 4
    assert percentiles([]) == []


def test_too_few_files(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    limits = [(64, 105)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    fleet.allow_files(60)
    fleet.allow_files(100)
    assert limits == [(64, 105), (100, 105)]
    assert run() == 2
    said = capsys.readouterr().err
    assert said == "fleet: needs 110 open files, and the system allows 105 (ulimit -Hn)\n"


def test_a_fleet_of_nobody_proves_nothing() -> None:
    for count in ("0", "-1", "5001"):
        with pytest.raises(SystemExit):
            fleet.main(["--boards", count])
