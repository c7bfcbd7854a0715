"""The register as a command: what it asks the display for."""

from pathlib import Path
from typing import Any

import pytest
from tillqr.sale import checkout

from tools.register import NoAnswer, Refused
from tools.register import __main__ as command


class Asked:
    """A register that keeps what was asked for, and is paid."""

    def __init__(self, *_: object) -> None:
        self.method: object = ""

    def __enter__(self) -> "Asked":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start_payment(self, _order: str, _amount: int, _currency: str, method: str | None) -> None:
        print("method", method)

    def wait_for_result(self, *_: Any) -> dict:
        return {"outcome": "paid"}


@pytest.mark.parametrize(
    ("option", "method"), [([], "qr"), (["--choose"], "None"), (["--tap"], "tap")]
)
def test_how_it_is_paid(
    option: list[str],
    method: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "Register", Asked)
    words = ["register", "pay", "--port", "none", "--amount", "5", *option]
    monkeypatch.setattr("sys.argv", [*words, "--db", f"sqlite:///{tmp_path}/shop.db"])
    assert command.main() == 0
    assert capsys.readouterr().out.splitlines()[0] == f"method {method}"


@pytest.mark.parametrize(("reason", "status"), [("already_paid", 5), ("busy", 3), ("no_sale", 3)])
def test_an_order_that_is_paid_is_told_from_a_refusal(
    reason: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that can't tell them apart would take cash for what is paid."""

    class Refusing(Asked):
        def start_payment(self, *_: object) -> None:
            raise Refused(reason)

    monkeypatch.setattr(command, "Register", Refusing)
    words = ["register", "pay", "--port", "none", "--amount", "5"]
    monkeypatch.setattr("sys.argv", [*words, "--db", f"sqlite:///{tmp_path}/shop.db"])
    assert command.main() == status


def test_no_answer_says_what_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Silent(Asked):
        def info(self) -> dict:
            raise NoAnswer("the display does not answer QUERY")

    monkeypatch.setattr(command, "Register", Silent)
    words = ["register", "info", "--port", "/dev/none", "--baud", "9600"]
    monkeypatch.setattr("sys.argv", [*words, "--db", f"sqlite:///{tmp_path}/shop.db"])
    assert command.main() == 3
    said = capsys.readouterr().err
    assert "9600 baud" in said and "wired" in said and "make doctor PORT=/dev/none" in said


@pytest.mark.parametrize("verb", [[], ["pay"], ["info"]])
def test_help_says_each_exit_status(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["register", *verb, "--help"])
    with pytest.raises(SystemExit):
        command.main()
    _, _, said = " ".join(capsys.readouterr().out.split()).partition("Exit status: ")
    numbers = [int(word) for word in said.split() if word.isdigit()]
    assert numbers == list(range(6)) and "already_paid" in said


def test_one_way_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["register", "pay", "--amount", "5", "--tap", "--choose"])
    with pytest.raises(SystemExit):
        command.main()


def test_pay_says_what_may_follow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cashier's program that takes cash after `failed` would let the customer pay twice."""
    monkeypatch.setattr("sys.argv", ["register", "pay", "--help"])
    with pytest.raises(SystemExit):
        command.main()
    said = " ".join(capsys.readouterr().out.split())
    seconds = checkout.DURATIONS["failed"] // 1000
    assert checkout.DURATIONS["expired"] // 1000 == seconds
    assert f"try again at the display for {seconds} s" in said and "`cancel` the order" in said
