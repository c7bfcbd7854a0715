"""What became of an order, by the databases of the register and of the backend."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

_MONEY = ("paid", "late")


@dataclass
class Verdict:
    """The two sides of an order."""

    recorded: str
    """The outcomes of its attempts at the register."""
    true: str
    """What they are by the backend's database; "open" where a charge has not ended."""
    doubled: str = ""
    """What is there more than once, or of other money than was paid."""

    @property
    def agrees(self) -> bool:
        """Whether both say the same, and all has ended."""
        return self.recorded == self.true and not self.doubled


def judge(directory: Path, order: str, cancelled: frozenset[str] = frozenset()) -> Verdict:
    """Hold the register's database against the backend's; cancelled: the attempts that the display
    let the register cancel."""
    shop, backend = directory / "shop.db", directory / "gateway.db"
    said = {row["attempt"]: row for row in _rows(shop, "attempts", order)}
    charges = {row["attempt"]: row for row in _rows(backend, "charges", order)}
    attempts = list(said) + [attempt for attempt in charges if attempt not in said]
    recorded = [_recorded(said.get(attempt)) for attempt in attempts]
    true = [
        _true(charges.get(attempt), said.get(attempt), attempt in cancelled) for attempt in attempts
    ]
    doubled = _doubled(_rows(shop, "sales", order), list(said.values()), charges)
    return Verdict(" ".join(recorded), " ".join(true), doubled)


def _rows(database: Path, table: str, order: str) -> list[dict]:
    with sqlite3.connect(database, timeout=10) as connection:
        connection.row_factory = sqlite3.Row
        query = f'SELECT * FROM {table} WHERE "order" = ? ORDER BY rowid'
        rows = [dict(row) for row in connection.execute(query, (order,))]
    connection.close()
    return rows


def _recorded(said: dict | None) -> str:
    if said is None:
        return "nothing"
    return f"failed({said['reason']})" if said["outcome"] == "failed" else str(said["outcome"])


def _true(charge: dict | None, said: dict | None, cancelled: bool) -> str:
    """What the register is to have on record of an attempt."""
    state = charge["state"] if charge else "open"
    if charge is None or state == "open":
        return "open"
    if state == "paid":
        return "late" if cancelled else "paid"
    if cancelled:
        return "cancelled"
    if state == "failed":
        return f"failed({charge['reason']})"
    # Nobody paid and nobody can: why no code was shown, only the display knows.
    never_shown = said is not None and said["reason"] == "no_backend"
    return "failed(no_backend)" if never_shown else "expired"


def _doubled(sales: list[dict], said: list[dict], charges: dict[str, dict]) -> str:
    """What of an order's money is there twice, or is not what was paid; "" if nothing is."""
    paid = [charge for charge in charges.values() if charge["state"] == "paid"]
    money = [row for row in said if row["outcome"] in _MONEY]
    if len(paid) > 1 or len(money) > len(paid):
        return f"{len(money)} on record, {len(paid)} paid"
    if len(sales) != sum(row["outcome"] == "paid" for row in said):
        return f"{len(sales)} sales"
    for row in (*sales, *money):
        charge = charges[row["attempt"]]
        if any(row[name] != charge[name] for name in ("amount", "currency", "transaction")):
            return f"of another payment: {row['transaction']}"
    return ""
