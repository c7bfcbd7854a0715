"""A shop's own cards in a database: what each may pay, and how often it was read."""

import hashlib
import re

import sqlalchemy as sa

_metadata = sa.MetaData()
_cards = sa.Table(
    "cards",
    _metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("uid", sa.String(14), unique=True),
    sa.Column("key", sa.String(32), nullable=False, default=""),
    sa.Column("url_digest", sa.String(64), unique=True),
    sa.Column("counter", sa.Integer, nullable=False, default=0),
    sa.Column("balance", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,}")
"""Of 128 bits at least, as secrets.token_urlsafe makes them."""
MOST_ON_STATIC = 10_000
"""Minor units that a card may have whose URL is always the same."""


class CardStore:
    """Cards in a database; every change is committed before the call returns."""

    def __init__(self, url: str) -> None:
        """url: SQLAlchemy's."""
        self._engine = sa.create_engine(url)
        _metadata.create_all(self._engine)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def add_dynamic(self, name: str, uid: bytes, key: bytes, balance: int, currency: str) -> None:
        """A card with SUN; key: its SDMFileReadKey."""
        self._add(name=name, uid=uid.hex(), key=key.hex(), balance=balance, currency=currency)

    def add_static(self, name: str, url: str, balance: int, currency: str) -> None:
        """A card whose URL ends with a token; raises ValueError if that could be guessed, or if
        the balance is more than such a card may have."""
        if not _TOKEN.fullmatch(re.split("[/=]", url)[-1]):
            raise ValueError("the URL does not end with a token of 22 characters or more")
        if balance > MOST_ON_STATIC:
            raise ValueError(f"a card without SUN may have {MOST_ON_STATIC} at most")
        self._add(name=name, url_digest=_digest(url.encode()), balance=balance, currency=currency)

    def _add(self, **values: str | int) -> None:
        with self._engine.begin() as connection:
            connection.execute(_cards.insert().values(**values))

    def of_uid(self, uid: bytes) -> sa.RowMapping | None:
        """The card with SUN of a UID."""
        return self._one(_cards.c.uid == uid.hex())

    def of_url(self, url: bytes) -> sa.RowMapping | None:
        """The card without SUN of a URL; of the URL only a digest is kept."""
        return self._one(_cards.c.url_digest == _digest(url))

    def balance(self, name: str) -> int:
        """What a card may still pay."""
        card = self._one(_cards.c.name == name)
        assert card is not None
        return card["balance"]

    def _one(self, condition: sa.ColumnElement[bool]) -> sa.RowMapping | None:
        with self._engine.begin() as connection:
            return connection.execute(sa.select(_cards).where(condition)).mappings().first()

    def count(self, name: str, counter: int) -> bool:
        """A card was read so often; False if it was before."""
        change = _cards.update().where(_cards.c.name == name, _cards.c.counter < counter)
        return self._changed(change.values(counter=counter))

    def take(self, name: str, amount: int) -> bool:
        """Take an amount from a card; False if it has less."""
        change = _cards.update().where(_cards.c.name == name, _cards.c.balance >= amount)
        return self._changed(change.values(balance=_cards.c.balance - amount))

    def give_back(self, name: str, amount: int) -> bool:
        """Give a card back what it paid for a charge that ended otherwise."""
        change = _cards.update().where(_cards.c.name == name)
        return self._changed(change.values(balance=_cards.c.balance + amount))

    def _changed(self, change: sa.Update) -> bool:
        with self._engine.begin() as connection:
            return connection.execute(change).rowcount == 1


def _digest(url: bytes) -> str:
    return hashlib.sha256(url).hexdigest()
