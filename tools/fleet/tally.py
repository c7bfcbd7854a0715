"""What became of the fleet's results, phase by phase, as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.fleet.shop import Payment

_SHARES = (50, 90, 99, 100)
_HEADINGS = ("p50", "p90", "p99", "max")


@dataclass
class Phase:
    """One phase of the scenario."""

    name: str
    connects: list[float] = field(default_factory=list)
    """Seconds that boards took to have a session."""
    resent: tuple[int, int] = (0, 0)
    """Messages that were sent again, by the broker and by boards."""
    questions: int = 0


@dataclass
class Tally:
    """A whole run."""

    boards: int
    phases: list[Phase] = field(default_factory=list)
    payments: Sequence[Payment] = ()
    counters: Counter[str] = field(default_factory=Counter)
    """What the boards have counted."""
    complaints: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Results that no board has accepted."""
        return sum(payment.times == 0 for payment in self.payments)

    @property
    def doubled(self) -> int:
        """Results that were accepted more than once."""
        return sum(payment.times > 1 for payment in self.payments)

    @property
    def passed(self) -> bool:
        """Whether each result was accepted once, and nothing else is wrong."""
        return bool(self.payments) and not (self.lost or self.doubled or self.complaints)

    def needed(self, phase: str = "") -> int:
        """Results that the broker had taken and lost, and that a question has brought."""
        return sum(one.asked for one in self.payments if phase in ("", one.phase))


def percentiles(seconds: Sequence[float]) -> list[float]:
    """The least values that so many per cent are not above."""
    ordered = sorted(seconds)
    return [ordered[-(-share * len(ordered) // 100) - 1] for share in _SHARES if ordered]


def report(tally: Tally) -> None:
    """Print the table."""
    heads = " ".join(f"{heading:>7}" for heading in _HEADINGS)
    print(f"{'phase':<9} {'sessions':>8} {heads}  {'results':>7} {heads}", end="")
    print(f"  {'resent':>6} {'by boards':>9} {'questions':>9} {'needed':>6}")
    for phase in tally.phases:
        results = [one for one in tally.payments if one.phase == phase.name and one.times]
        waits = [one.accepted_at - one.paid_at for one in results]
        print(f"{phase.name:<9} {len(phase.connects):>8} {_row(phase.connects, 's')}", end="")
        print(f"  {len(waits):>7} {_row(waits, 's')}  {phase.resent[0]:>6}", end="")
        print(f" {phase.resent[1]:>9} {phase.questions:>9} {tally.needed(phase.name):>6}")
    counted = ", ".join(f"{name} {count:,}" for name, count in tally.counters.most_common())
    print(f"the boards counted: {counted or 'nothing'}")
    for words in tally.complaints:
        print(f"  WRONG: {words}")
    if tally.doubled:
        print(f"  WRONG: {tally.doubled} results were accepted twice")


def _row(seconds: Sequence[float], unit: str) -> str:
    values = percentiles(seconds)
    return " ".join(f"{value:>6.2f}{unit}" for value in values) or " " * 31


def last_line(tally: Tally) -> str:
    """All of it in a line."""
    return f"fleet: {tally.boards} boards, {len(tally.payments)} results, {tally.lost} lost"
