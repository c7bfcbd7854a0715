"""What came of a case, whoever has run it."""

from dataclasses import dataclass

SURVIVED, LOST, DOUBLED, WRONG, STUCK = ENDS = ("survived", "lost", "doubled", "wrong", "stuck")


@dataclass(frozen=True)
class Outcome:
    """One case: its name (CLASS/VARIANT, where the class is of one or two words), how it ended (one
    of ENDS), why, how many seconds the shop had, and what made the board start again that was no
    fault of the case's."""

    name: str
    end: str
    words: str = ""
    seconds: float = 0.0
    crashes: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The class: the name without its last part."""
        return self.name.rpartition("/")[0] or self.name

    @property
    def survived(self) -> bool:
        """Whether each payment is recorded once, as what it is."""
        return self.end == SURVIVED
