"""The shop's database: what was paid, and every attempt at it.

`sales` has a row for each paid order and no other; its primary key lets no order be paid twice.
`attempts` has a row for each showing of a code, with its outcome; one with outcome "late" is
money to be refunded.
"""

import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

_metadata = sa.MetaData()


def _when() -> sa.Column[datetime.datetime]:
    return sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False)


sales = sa.Table(
    "sales",
    _metadata,
    sa.Column("register", sa.String(8), primary_key=True),
    sa.Column("order", sa.String(20), primary_key=True),
    sa.Column("amount", sa.BigInteger, sa.CheckConstraint("amount > 0"), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("attempt", sa.String(24), nullable=False, unique=True),
    sa.Column("transaction", sa.String(40), nullable=False),
    sa.Column("device", sa.String(12), nullable=False),
    _when(),
)
attempts = sa.Table(
    "attempts",
    _metadata,
    sa.Column("attempt", sa.String(24), primary_key=True),
    sa.Column("register", sa.String(8), nullable=False),
    sa.Column("order", sa.String(20), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("outcome", sa.String(9), nullable=False),
    sa.Column("transaction", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("device", sa.String(12), nullable=False),
    _when(),
)
_MONEY = ("paid", "late")


class StorageError(RuntimeError):
    """The database did not store; nothing was changed."""


class ShopDatabase:
    """Records results. Any SQLAlchemy URL; every call is one transaction."""

    def __init__(self, url: str) -> None:
        """Opens the database and makes the tables it lacks; raises StorageError."""
        try:
            self._engine = sa.create_engine(url)
            _metadata.create_all(self._engine)
        except (SQLAlchemyError, ModuleNotFoundError) as error:
            raise StorageError(f"can't open the database {url}: {_first_line(error)}") from None

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def record(self, result: dict, device: str) -> str:
        """Commit a RESULT; the outcome that is now on record for its attempt.

        A result that is on record already changes nothing. Money for an order that another
        attempt has paid is recorded as "late". Raises StorageError.
        """
        try:
            try:
                return self._record(result, device)
            except IntegrityError:  # another register process wrote first: look again
                return self._record(result, device)
        except SQLAlchemyError as error:
            raise StorageError(_first_line(error)) from None

    def _record(self, result: dict, device: str) -> str:
        row = {
            "attempt": result["attempt"],
            "register": result["register"],
            "order": result["order"],
            "amount": result["amount"],
            "currency": result["currency"],
            "transaction": result.get("transaction", ""),
            "device": device,
            "recorded_at": datetime.datetime.now(datetime.UTC),
        }
        with self._engine.begin() as connection:
            known = self._outcome(connection, row["attempt"])
            outcome = result["outcome"]
            if known is not None and (known in _MONEY or known == outcome):
                return known
            if outcome == "paid" and self._paid(connection, row) is not None:
                outcome = "late"
            if outcome == "paid":
                connection.execute(sales.insert().values(row))
            details = {**row, "outcome": outcome, "reason": result.get("reason", "")}
            if known is None:
                connection.execute(attempts.insert().values(details))
            else:
                same = attempts.c.attempt == row["attempt"]
                connection.execute(attempts.update().where(same).values(details))
            return str(outcome)

    def name(self, which: list[str], device: str) -> None:
        """Write the display's name into what was recorded of some attempts without one; raises
        StorageError."""
        try:
            with self._engine.begin() as connection:
                for table in (sales, attempts):
                    nameless = table.c.attempt.in_(which) & (table.c.device == "")
                    connection.execute(table.update().where(nameless).values(device=device))
        except SQLAlchemyError as error:
            raise StorageError(_first_line(error)) from None

    @staticmethod
    def _outcome(connection: sa.Connection, attempt: str) -> str | None:
        query = sa.select(attempts.c.outcome).where(attempts.c.attempt == attempt)
        return connection.execute(query).scalar_one_or_none()

    @staticmethod
    def _paid(connection: sa.Connection, row: dict) -> sa.RowMapping | None:
        query = sa.select(sales).where(
            sales.c.register == row["register"], sales.c.order == row["order"]
        )
        return connection.execute(query).mappings().first()

    def sale(self, register: str, order: str) -> dict | None:
        """The paid row of an order, or None; raises StorageError."""
        try:
            with self._engine.begin() as connection:
                row = self._paid(connection, {"register": register, "order": order})
        except SQLAlchemyError as error:
            raise StorageError(_first_line(error)) from None
        return dict(row) if row is not None else None

    def attempts(self, register: str, order: str) -> list[dict]:
        """Every attempt at an order, the oldest first."""
        query = (
            sa.select(attempts)
            .where(attempts.c.register == register, attempts.c.order == order)
            .order_by(attempts.c.recorded_at)
        )
        with self._engine.begin() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
