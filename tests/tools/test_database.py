"""The shop's database: one paid row an order, whatever arrives, and in whatever order."""

import sqlite3
from pathlib import Path

import pytest

from tools.register.database import ShopDatabase, StorageError


def result(attempt: str = "a1", outcome: str = "paid", **changes: object) -> dict:
    return {
        "order": "1001",
        "register": "3",
        "amount": 1234,
        "currency": "EUR",
        "attempt": attempt,
        "outcome": outcome,
        "transaction": "T-" + attempt if outcome in ("paid", "late") else "",
        "reason": "",
        **changes,
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def shop(path: Path) -> ShopDatabase:
    return ShopDatabase(f"sqlite:///{path}")


def rows(path: Path, question: str) -> list:
    with sqlite3.connect(path) as connection:
        return connection.execute(question).fetchall()


def test_a_paid_result_makes_one_row(shop: ShopDatabase, path: Path) -> None:
    assert shop.record(result(), "D0001") == "paid"
    found = rows(path, 'SELECT register, "order", amount, currency, "transaction" FROM sales')
    assert found == [("3", "1001", 1234, "EUR", "T-a1")]


def test_a_repeat_changes_nothing(shop: ShopDatabase, path: Path) -> None:
    for _ in range(3):
        assert shop.record(result(), "D0001") == "paid"
    assert rows(path, "SELECT count(*) FROM sales") == [(1,)]
    assert rows(path, "SELECT count(*) FROM attempts") == [(1,)]


def test_a_second_payment_of_an_order_is_late(shop: ShopDatabase, path: Path) -> None:
    shop.record(result("a1"), "D0001")
    assert shop.record(result("a2"), "D0001") == "late"
    assert rows(path, "SELECT attempt FROM sales") == [("a1",)]
    found = rows(path, "SELECT attempt, outcome FROM attempts ORDER BY attempt")
    assert found == [("a1", "paid"), ("a2", "late")]


def test_money_after_cancel_replaces_the_cancel(shop: ShopDatabase, path: Path) -> None:
    assert shop.record(result(outcome="cancelled"), "D0001") == "cancelled"
    assert shop.record(result(outcome="late"), "D0001") == "late"
    assert shop.record(result(outcome="cancelled"), "D0001") == "late"
    assert rows(path, "SELECT outcome FROM attempts") == [("late",)]
    assert rows(path, "SELECT count(*) FROM sales") == [(0,)]


def test_a_failure_then_a_payment(shop: ShopDatabase) -> None:
    shop.record(result("a1", "failed", reason="limit_exceeded"), "D0001")
    shop.record(result("a2"), "D0001")
    assert [row["outcome"] for row in shop.attempts("3", "1001")] == ["failed", "paid"]
    sale = shop.sale("3", "1001")
    assert sale is not None and sale["attempt"] == "a2"


def test_the_schema_itself_lets_no_order_be_paid_twice(shop: ShopDatabase, path: Path) -> None:
    shop.record(result("a1"), "D0001")
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO sales SELECT register, \"order\", amount, currency, 'a9', "
            "'T9', device, recorded_at FROM sales"
        )


def test_the_same_order_number_at_two_registers(shop: ShopDatabase, path: Path) -> None:
    shop.record(result("a1"), "D0001")
    assert shop.record(result("a2", register="4"), "D0002") == "paid"
    assert rows(path, "SELECT count(*) FROM sales") == [(2,)]


def test_two_writers_at_once(path: Path) -> None:
    one, other = (ShopDatabase(f"sqlite:///{path}") for _ in range(2))
    outcomes = {one.record(result("a1"), "D"), other.record(result("a2"), "D")}
    assert outcomes == {"paid", "late"}


def test_a_database_that_can_not_store_says_so(shop: ShopDatabase, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE sales")
    with pytest.raises(StorageError, match="no such table"):
        shop.record(result(), "D0001")
    assert rows(path, "SELECT count(*) FROM attempts") == [(0,)]


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/directory/shop.db", "foo://x"])
def test_a_database_that_can_not_be_opened(url: str) -> None:
    with pytest.raises(StorageError, match="can't open the database"):
        ShopDatabase(url)
