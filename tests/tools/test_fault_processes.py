"""Processes that are killed in a sale: a few of the campaign's, and that it can fail."""

import asyncio
import os

import pytest

from tools.faults.processes import report
from tools.faults.processes.__main__ import main
from tools.faults.processes.campaign import Campaign, unfinished
from tools.faults.processes.cases import Case, all_cases
from tools.faults.processes.child import Child
from tools.faults.processes.sale import Outcome
from tools.outages.verdict import Verdict

REPRESENTATIVE = [
    Case("board", "line", 8),
    Case("board", "broker", 1, lost=True),
    Case("board", "word", word="opened", end="cancelled"),
    Case("register", "line", 7, end="declined"),
    Case("register", "commit"),
    Case("backend", "word", word="ended"),
]


def test_sales_survive_what_is_killed() -> None:
    campaign = Campaign(jobs=2)
    asyncio.run(campaign.run(REPRESENTATIVE))
    found = {one.case.name: (one.state, one.reached) for one in campaign.outcomes}
    assert found == {case.name: ("survived", True) for case in REPRESENTATIVE}, [
        report.line(one) for one in campaign.outcomes
    ]


def test_a_board_that_forgets_loses_money(capsys: pytest.CaptureFixture[str]) -> None:
    case = "mqtt:board:word:opened:paid"
    assert main(["--only", case, "--forgetful", "--patience", "8"]) == 1
    said = capsys.readouterr().out
    assert "LOST" in said
    assert said.splitlines()[-1] == "processes: 1 sales, 0 survived, 1 lost, 0 doubled, 0 stuck"


def test_a_case_that_is_not_there_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "flood"]) == 2
    assert "flood" in capsys.readouterr().err


def test_cases_have_names_of_their_own() -> None:
    cases = all_cases()
    assert len({case.name for case in cases}) == len(cases)
    assert {case.who for case in cases} == {"board", "register", "backend"}


def outcome(recorded: str, true: str, reached: bool = True, at: int = 3, **more: str) -> Outcome:
    """One of a board that was killed on the line."""
    verdict = Verdict(recorded, true, more.get("doubled", ""))
    case = Case("board", "line", at)
    return Outcome(case, "1001", verdict, reached, 1.0, more.get("why", ""))


def test_what_an_outcome_is_called() -> None:
    assert outcome("paid", "paid").state == "survived"
    assert outcome("cancelled nothing", "cancelled paid").state == "lost"
    assert outcome("failed(expired)", "late").state == "lost"
    assert outcome("paid paid", "paid paid", doubled="2 sales").state == "doubled"
    assert outcome("nothing", "open").state == "stuck"
    assert outcome("paid", "paid", why="TimeoutError").state == "stuck"


def test_a_series_that_may_go_on_is_complained_of() -> None:
    over = outcome("paid", "paid", reached=False, at=4)
    assert unfinished([outcome("paid", "paid"), over]) == []
    assert "line:3:paid" in unfinished([outcome("paid", "paid")])[0]
    assert report.last_line([over]).startswith("processes: 0 sales")


async def test_a_child_that_dies_is_started_again() -> None:
    said: list[str] = []
    child = Child(["sh", "-c", "echo ready $$; exec cat"], "ready", said.append)
    await child.start()
    child.write("heard")
    async with asyncio.timeout(5):
        while "heard" not in said:
            await asyncio.sleep(0.01)
    first = int(said[0].split()[1])
    child.kill()
    await child.until_ready()
    assert child.deaths == 1 and said[-1] != said[0]
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    await child.stop()
