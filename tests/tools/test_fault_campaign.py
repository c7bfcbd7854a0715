"""Sales in which something fails: a sample of the campaign's, and that it finds broken rules."""

import pytest

from tools.faults import deterministic, report
from tools.faults.__main__ import RULES, main
from tools.faults.outcome import Outcome

SAMPLE = 199
"""Of so many cases one is run here; a prime, so that each class has some."""


def test_sales_end_as_it_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--every", str(SAMPLE), "--jobs", "1", "--no-processes"])
    said = capsys.readouterr().out.splitlines()
    assert status == 0, said
    assert said[-1].endswith(" survived, 0 lost, 0 doubled")
    classes = {line.split("/")[0] for line in said}
    assert {"power-twice", "reset", "line", "memory", "rot", "write-error"} <= classes


FOUND_BY = {
    "acknowledge-first": ("reset/late-expiry", 11, "lost"),
    "opened-unstored": ("power/paid", 3, "lost"),
    "forget-undelivered": ("power/paid", 1, "lost"),
    "new-ids": ("none/late-cancel", 1, "doubled"),
    "late-is-paid": ("none/late-cancel", 1, "wrong"),
    "commit-later": ("register/paid", 1, "lost"),
}
"""A class of cases for each rule, one of how many is run, and how some end when it is broken."""


@pytest.mark.parametrize("rule", FOUND_BY)
def test_a_broken_rule_is_found(rule: str) -> None:
    only, every, end = FOUND_BY[rule]
    outcomes: list[Outcome] = []
    deterministic.run(deterministic.Wanted((only,), every, rule), outcomes.append)
    assert end in [outcome.end for outcome in outcomes]


def test_every_rule_is_broken_once() -> None:
    assert set(FOUND_BY) == set(RULES)


def test_a_campaign_that_finds_something_fails(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--only", "none/late-cancel", "--break", "new-ids"])
    said = capsys.readouterr().out.splitlines()
    assert status == 1
    assert said[0].startswith("DOUBLED   none/late-cancel")
    assert said[-1] == "faults: 1 tried, 0 survived, 0 lost, 1 doubled"


def test_a_case_is_the_same_whenever_it_is_run() -> None:
    wanted = deterministic.Wanted(("line/all/7", "power/paid/within-3"), loud=True, jobs=1)
    runs: list[list[Outcome]] = [[], []]
    for outcomes in runs:
        assert deterministic.run(wanted, outcomes.append) == []
    assert len(runs[0]) == 2
    assert runs[0] == runs[1]


def test_a_case_that_is_not_there_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "power/free"]) == 2
    assert "power/free" in capsys.readouterr().err


def test_the_table_has_a_row_a_class() -> None:
    outcomes = [Outcome("line/two/1", "survived"), Outcome("line/two/2", "stuck", "it hangs")]
    outcomes.append(Outcome("none/paid", "lost", crashes=("watchdog",)))
    rows = list(report.table(outcomes))[1:]
    assert [row.split() for row in rows] == [
        ["line/two", "2", "1", "0", "0", "0", "1", "0"],
        ["none", "1", "0", "1", "0", "0", "0", "1"],
    ]
    last = report.last_line(outcomes)
    assert last == "faults: 3 tried, 1 survived, 1 stuck, 1 lost, 0 doubled"
