"""Sales during which a service fails: a few of the campaign's on both runtimes, and that it can
fail."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from host_sim.board import RUNTIMES
from host_sim.gateway.codes import Payment
from host_sim.gateway.store import Store
from tools.outages.__main__ import main
from tools.outages.campaign import Campaign, Options
from tools.outages.cases import STEPS, all_cases
from tools.outages.faults import FAULTS
from tools.outages.verdict import Verdict, judge
from tools.register import ShopDatabase

REPRESENTATIVE = (
    "mqtt:broker-empty:at-pay:paid",
    "mqtt:result-lost:page:declined",
    "mqtt:cut-before-answer:pay:paid",
    "mqtt:dead:cancel:late",
    "http:wifi:code:paid",
    "http-made:silent:request:paid",
)
LOST = "mqtt:result-lost:page:paid"
"""Only the board's own question can find what became of it."""
ORDER = "1001"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_sales_end_as_it_is_true(runtime: str) -> None:
    cases = [case for case in all_cases() if case.name in REPRESENTATIVE]
    campaign = Campaign(Options(runtime, jobs=4))
    asyncio.run(campaign.run(cases))
    ends = {one.case.name: one.verdict.recorded for one in campaign.outcomes}
    assert ends == {
        "mqtt:broker-empty:at-pay:paid": "paid",
        "mqtt:result-lost:page:declined": "failed(insufficient_funds)",
        "mqtt:cut-before-answer:pay:paid": "paid",
        "mqtt:dead:cancel:late": "late",
        "http:wifi:code:paid": "paid",
        "http-made:silent:request:paid": "failed(no_backend) paid",
    }
    assert all(one.true for one in campaign.outcomes), campaign.outcomes
    assert campaign.complaints == []


def test_a_result_that_nobody_can_find_is_stuck(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--only", LOST, "--silent", "--patience", "3", "--goal", "0"])
    said = capsys.readouterr().out
    assert status == 1
    assert "STUCK" in said
    assert said.splitlines()[-1].startswith("outages: 1 sales, 0 true, worst ")


def test_a_case_that_is_not_there_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "mqtt:flood"]) == 2
    assert "mqtt:flood" in capsys.readouterr().err


def test_every_fault_and_every_step_is_tried() -> None:
    cases = all_cases()
    assert {case.fault_name for case in cases} == set(FAULTS)
    assert {case.step for case in cases} == {*STEPS, "request", "cancel", "expiry"}
    assert len({case.name for case in cases}) == len(cases)


# What became of an order, as the two databases say.


class Books:
    """The two databases of an order with attempts of 12.34."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.shop = ShopDatabase(f"sqlite:///{directory}/shop.db")
        self.backend = Store(f"sqlite:///{directory}/gateway.db")

    def charge(self, attempt: str, state: str, transaction: str = "") -> None:
        """One at the backend."""
        payment = Payment(
            *("D0001", "a4cf12345678", "127.0.0.1", 80, 1234, "EUR", "3", ORDER, attempt, "Shop")
        )
        self.backend.open(payment)
        if state != "open":
            self.backend.settle(attempt, state, transaction)

    def result(self, attempt: str, outcome: str, **more: object) -> None:
        """One at the register."""
        result = {"attempt": attempt, "register": "3", "order": ORDER, "amount": 1234}
        self.shop.record({**result, "currency": "EUR", "outcome": outcome, **more}, "D0001")

    def judged(self, *cancelled: str) -> Verdict:
        """The verdict on them."""
        return judge(self.directory, ORDER, frozenset(cancelled))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


def test_a_sale_that_was_paid_and_recorded_once_agrees(books: Books) -> None:
    books.charge("a1", "paid", "T1")
    books.result("a1", "paid", transaction="T1")
    assert books.judged().agrees
    assert not books.judged("a1").agrees, "what the register cancelled is late"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda books: books.result("a1", "expired"),
        lambda books: books.result("a1", "paid", transaction="T2"),
        lambda books: books.result("a1", "paid", transaction="T1", amount=1),
        lambda books: (
            books.result("a1", "paid", transaction="T1"),
            books.charge("a2", "closed"),
            books.result("a2", "paid", transaction="T1b"),
        ),
        lambda books: (
            books.result("a1", "paid", transaction="T1"),
            books.charge("a2", "open"),
        ),
        lambda _: None,
    ],
    ids=["expired", "transaction", "amount", "twice", "open", "nothing"],
)
def test_what_is_not_as_it_was_paid_does_not_agree(
    books: Books, spoil: Callable[[Books], object]
) -> None:
    books.charge("a1", "paid", "T1")
    spoil(books)
    assert not books.judged().agrees
