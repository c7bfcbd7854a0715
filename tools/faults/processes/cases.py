"""The moments at which a process is killed in a sale."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

ENDS = ("paid", "declined")
_WORDS = {
    "opened": " opened ",
    "ended": " {end} ",
    "with-broker": " is with the broker ",
    "delivered": " delivered ",
    "closed": " closed",
}
"""What the backend says then; {end} is the charge's state."""
_FRAMES = {"paid": 13, "declined": 13, "cancelled": 15}
"""One more than a sale's frames on the line, in both directions: the last is not reached."""
_PIECES = 6
_FRAMES_AGAIN = 16
_PIECES_AGAIN = 10


@dataclass(frozen=True)
class Case:
    """One sale in which one process is killed."""

    who: str
    """"board", "register" or "backend"."""
    where: str
    """"line" and "broker": at a frame, at a piece on the connection to the broker; "word": when the
    backend says that something happened; "commit": when the register's database has committed;
    "line-again" and "broker-again": the board has been killed when the charge ended, comes back,
    and is killed once more."""
    at: int = 0
    """Which frame or piece, from 1."""
    word: str = ""
    """Of _WORDS."""
    end: str = "paid"
    lost: bool = False
    """Whether what was on its way at that moment is lost with it."""
    road: str = "mqtt"

    @property
    def group(self) -> str:
        """Its class in the table."""
        return f"{self.who}, {_GROUPS[self.where]}"

    @property
    def name(self) -> str:
        """All of it in a word."""
        moment = self.word or (f"{self.at}{'-lost' if self.lost else ''}" if self.at else "")
        return ":".join(filter(None, (self.road, self.who, self.where, moment, self.end)))

    @property
    def said(self) -> str:
        """What the backend says at the word."""
        state = "failed" if self.end == "declined" else "paid"
        return _WORDS[self.word or "ended"].format(end=state)


_GROUPS = {
    "line": "on the line",
    "broker": "at the broker",
    "word": "at the backend",
    "commit": "after its commit",
    "line-again": "twice",
    "broker-again": "twice",
}


def all_cases() -> list[Case]:
    """Every case."""
    groups = (_on_the_line, _at_the_broker, _at_words, _after_commit, _again)
    return [case for group in groups for case in group()]


def _on_the_line() -> Iterator[Case]:
    for who, (end, frames) in product(("board", "register"), _FRAMES.items()):
        for at in range(1, frames + 1):
            yield Case(who, "line", at, end=end)
            if end == "paid":
                yield Case(who, "line", at, end=end, lost=True)


def _at_the_broker() -> Iterator[Case]:
    for end, at, lost in product(ENDS, range(1, _PIECES + 1), (False, True)):
        yield Case("board", "broker", at, end=end, lost=lost)


def _at_words() -> Iterator[Case]:
    for who, end, road in product(("board", "backend"), ENDS, ("mqtt", "http")):
        last = "with-broker" if road == "mqtt" else "delivered"
        for word in ("opened", "ended", last):
            yield Case(who, "word", word=word, end=end, road=road)
    for who in ("board", "backend"):
        yield Case(who, "word", word="closed", end="cancelled")


def _after_commit() -> Iterator[Case]:
    for end, road in product((*ENDS, "cancelled"), ("mqtt", "http")):
        yield Case("register", "commit", end=end, road=road)


def _again() -> Iterator[Case]:
    for at in range(1, _FRAMES_AGAIN + 1):
        yield Case("board", "line-again", at)
    for at in range(1, _PIECES_AGAIN + 1):
        yield Case("board", "broker-again", at)
