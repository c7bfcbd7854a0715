"""What is printed of a campaign."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tools.faults.outcome import DOUBLED, ENDS, LOST, SURVIVED, Outcome


def line(outcome: Outcome) -> str:
    """One case."""
    crashes = (
        f"  (the board started again: {', '.join(outcome.crashes)})" if outcome.crashes else ""
    )
    return f"{outcome.end.upper():<9} {outcome.name:<40} {outcome.words}{crashes}".rstrip()


def table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """A row a class, in the order in which they came."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.group, []).append(outcome)
    yield f"{'class':<32} {'tried':>6} " + " ".join(f"{end:>8}" for end in (*ENDS, "crashed"))
    for group, members in sorted(groups.items()):
        ends = Counter(member.end for member in members)
        crashed = sum(bool(member.crashes) for member in members)
        counts = " ".join(f"{count:>8}" for count in (*(ends[end] for end in ENDS), crashed))
        yield f"{group:<32} {len(members):>6} {counts}"


def last_line(outcomes: list[Outcome]) -> str:
    """All of it."""
    ends = Counter(outcome.end for outcome in outcomes)
    words = f"faults: {len(outcomes)} tried, {ends[SURVIVED]} survived"
    others = [f", {ends[end]} {end}" for end in ENDS[3:] if ends[end]]
    return words + "".join(others) + f", {ends[LOST]} lost, {ends[DOUBLED]} doubled"
