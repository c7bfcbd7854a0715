"""What the backend says of a card: pay, pay not, try again; or what it asks the card next."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Apdu:
    """A command for the card, whose response is wanted. Its data are the card's: never logged."""

    command: bytes

    def __repr__(self) -> str:
        """Of the command only which one it is."""
        return f"Apdu(ins={self.command[1]:02X})"


@dataclass(frozen=True)
class Verdict:
    """The end: no card number is in it."""

    state: Literal["approved", "declined", "again"]
    reason: str = ""
    """Of `declined` one of reasons.REASONS, of `again` one of reasons.AGAIN."""
    card: str = ""
    """Of a shop's own card its name in the backend, to give back what it paid."""


Step = Apdu | Verdict
