"""What became of everything that one target was given."""

from collections import Counter
from dataclasses import dataclass, field

from tools.attack.rule import FORGED, GENUINE, UNCLEAR

ACCEPTED = "accepted"
REFUSALS = {
    *("receipt_malformed", "receipt_bad_mac", "receipt_wrong_device", "receipt_unknown_attempt"),
    *("receipt_wrong_order", "receipt_wrong_register", "receipt_wrong_amount"),
    *("receipt_wrong_currency", "receipt_replayed", "receipt_wrong_method"),
}
"""The names of PROTOCOL.md, 6."""
CHARGE_REFUSALS = REFUSALS | {"charge_refused", "dropped"}
"""What becomes of a charge that is not shown. What is none is taken for a receipt; dropped: of an
attempt that does not wait for one."""
TAP_REFUSALS = {"tap_malformed", "tap_stale", "tap_bad_mac", "receipt_malformed"}
"""What becomes of a word that is put to no card (PROTOCOL.md, 14). What names no tap is taken for a
receipt."""
_MOST_TOLD = 10


@dataclass
class Row:
    """One class."""

    tried: int = 0
    accepted: int = 0
    names: Counter[str] = field(default_factory=Counter)
    """What refused the others."""


class Tally:
    """Counts, and the complaints about single answers."""

    def __init__(self, target: str, refusals: set[str] = REFUSALS) -> None:
        """target: its name; refusals: the names that it may refuse with."""
        self.target = target
        self.rows: dict[tuple[str, str], Row] = {}
        self.complaints: list[str] = []
        self._refusals = refusals

    def judged(self, sort: str, group: str, body: bytes, answer: list, right: list) -> None:
        """Count what became of a body.

        answer: [ACCEPTED, what was taken from it ...] or [name of the refusal]; right: the one of
        a body that is accepted.
        """
        row = self.rows.setdefault((sort, group), Row())
        row.tried += 1
        taken = answer[0] == ACCEPTED
        if taken and (sort == FORGED or answer == right):
            row.accepted += 1
        else:
            row.names[answer[0]] += 1
        if not taken and answer[0] not in self._refusals:
            self.complain(f"{group}: {answer[0]} for {body!r}")
        elif answer != right and (taken or sort == GENUINE):
            self.complain(f"{group}, {sort}: {answer}, not {right}, for {body!r}")

    def complain(self, words: str) -> None:
        """Keep what is wrong; the first ones are printed."""
        self.complaints.append(words)
        if len(self.complaints) <= _MOST_TOLD:
            print(f"  WRONG on {self.target}: {words}", flush=True)

    def tried(self, sort: str) -> int:
        """How many bodies of a sort there were."""
        return sum(row.tried for (of, _), row in self.rows.items() if of == sort)

    def accepted(self, sort: str) -> int:
        """How many of them were accepted."""
        return sum(row.accepted for (of, _), row in self.rows.items() if of == sort)

    @property
    def passed(self) -> bool:
        """Whether no forged body was accepted, every genuine one was, and nothing else is wrong."""
        genuine = self.tried(GENUINE)
        right = genuine == self.accepted(GENUINE) and not self.accepted(FORGED)
        return right and genuine > 0 and self.tried(FORGED) > 0 and not self.complaints


def report(tally: Tally) -> None:
    """Print a row a class."""
    print(f"\n{tally.target}")
    print(f"  {'':<8} {'class':<12} {'tried':>7} {'accepted':>8}  refused as")
    for sort in (FORGED, UNCLEAR, GENUINE):
        for (of, group), row in sorted(tally.rows.items()):
            if of == sort:
                names = (f"{name} {count:,}" for name, count in row.names.most_common())
                print(
                    f"  {sort:<8} {group:<12} {row.tried:>7,} {row.accepted:>8,}  "
                    + ", ".join(names)
                )


def last_line(tallies: list[Tally]) -> str:
    """All of it in a line."""
    sums = [
        sum(count(sort) for count in counts)
        for sort in (FORGED, GENUINE)
        for counts in ([one.tried for one in tallies], [one.accepted for one in tallies])
    ]
    return "attack: {} forged, {} accepted; {} genuine, {} accepted".format(*sums)
