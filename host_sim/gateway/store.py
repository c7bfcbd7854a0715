"""The backend's charges: one row an attempt, which ends once and for good."""

import sqlalchemy as sa

from host_sim.gateway.codes import Payment

_metadata = sa.MetaData()
charges = sa.Table(
    "charges",
    _metadata,
    sa.Column("attempt", sa.String(24), primary_key=True),
    sa.Column("device", sa.String(12), nullable=False),
    sa.Column("serial", sa.String(12), nullable=False),
    sa.Column("address", sa.String(15), nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("register", sa.String(8), nullable=False),
    sa.Column("order", sa.String(20), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("shop", sa.String(20), nullable=False),
    sa.Column("key_number", sa.Integer, nullable=False, server_default="1"),
    sa.Column("text", sa.String(512), nullable=False, server_default=""),
    sa.Column("state", sa.String(8), nullable=False, default="open"),
    sa.Column("transaction", sa.String(40), nullable=False, default=""),
    sa.Column("reason", sa.String(24), nullable=False, default=""),
    sa.Column("pushed", sa.Boolean, nullable=False, default=False),
)


class Store:
    """Charges in a database; every change is committed before the call returns."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        _metadata.create_all(self._engine)
        self._add_columns()

    def _add_columns(self) -> None:
        """Bring a table that an older backend made up to date."""
        there = {column["name"] for column in sa.inspect(self._engine).get_columns(charges.name)}
        with self._engine.begin() as connection:
            for column in charges.columns:
                if column.name not in there:
                    words = sa.schema.CreateColumn(column).compile(self._engine)
                    connection.execute(sa.text(f"ALTER TABLE {charges.name} ADD COLUMN {words}"))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def open(self, payment: Payment) -> sa.RowMapping:
        """The charge of a payment's attempt, made if there is none."""
        with self._engine.begin() as connection:
            known = connection.execute(self._select(payment.attempt)).mappings().first()
            if known is not None:
                return known
            connection.execute(charges.insert().values(vars(payment)))
            return connection.execute(self._select(payment.attempt)).mappings().one()

    def get(self, attempt: str) -> sa.RowMapping | None:
        """The charge of an attempt."""
        with self._engine.begin() as connection:
            return connection.execute(self._select(attempt)).mappings().first()

    def set_text(self, attempt: str, text: str) -> None:
        """Keep what the code of a charge says."""
        change = charges.update().where(charges.c.attempt == attempt).values(text=text)
        with self._engine.begin() as connection:
            connection.execute(change)

    def of_text(self, text: str) -> sa.RowMapping | None:
        """The charge whose code says that."""
        with self._engine.begin() as connection:
            query = sa.select(charges).where(charges.c.text == text, charges.c.text != "")
            return connection.execute(query).mappings().first()

    def settle(self, attempt: str, state: str, transaction: str = "", reason: str = "") -> bool:
        """End an open charge; False if it has ended before."""
        change = (
            charges.update()
            .where(charges.c.attempt == attempt, charges.c.state == "open")
            .values(state=state, transaction=transaction, reason=reason)
        )
        with self._engine.begin() as connection:
            return connection.execute(change).rowcount == 1

    def pushed(self, attempt: str) -> None:
        """The board has the result of an attempt."""
        change = charges.update().where(charges.c.attempt == attempt).values(pushed=True)
        with self._engine.begin() as connection:
            connection.execute(change)

    def unpushed(self) -> list[str]:
        """Attempts that ended and whose board has not been told."""
        query = sa.select(charges.c.attempt).where(
            charges.c.state.in_(("paid", "failed")), charges.c.pushed.is_(False)
        )
        with self._engine.begin() as connection:
            return list(connection.execute(query).scalars())

    @staticmethod
    def _select(attempt: str) -> sa.Select:
        return sa.select(charges).where(charges.c.attempt == attempt)
