"""What is printed of a campaign."""

from statistics import median

from tools.outages.campaign import Campaign
from tools.outages.sale import Outcome

_GROUPS = ("broker", "cut", "frozen", "wifi", "backend")


def line(outcome: Outcome) -> str:
    """One case."""
    verdict = outcome.verdict
    words = f"{outcome.case.name:<40} {verdict.recorded:<28} {verdict.true:<28}"
    words += f" {outcome.seconds:5.1f} s"
    if outcome.refusals:
        words += f"  (without a code after {outcome.refusals:.1f} s)"
    if verdict.doubled:
        words += f"  DOUBLED {verdict.doubled}"
    if outcome.stuck:
        words += f"  STUCK {outcome.why}"
    return words.rstrip()


def table(outcomes: list[Outcome]) -> list[str]:
    """A row a class."""
    head = f"{'class':<10} {'tried':>6} {'true':>6} {'stuck':>6} {'doubled':>8} {'median':>8} "
    rows = [head + f"{'worst':>8}"]
    for group in _GROUPS:
        some = [one for one in outcomes if one.case.fault.group == group]
        if some:
            rows.append(_row(group, some))
    return rows


def _row(group: str, some: list[Outcome]) -> str:
    true, stuck = sum(one.true for one in some), sum(one.stuck for one in some)
    doubled = sum(bool(one.verdict.doubled) for one in some)
    seconds = [one.seconds for one in some]
    counts = f"{group:<10} {len(some):>6} {true:>6} {stuck:>6} {doubled:>8}"
    return f"{counts} {median(seconds):>6.1f} s {max(seconds):>6.1f} s"


def slow(outcomes: list[Outcome], goal: float) -> list[Outcome]:
    """Those that took longer than the goal, the slowest first."""
    some = [one for one in outcomes if one.worst > goal]
    return sorted(some, key=lambda one: -one.worst)


def last_line(campaign: Campaign) -> str:
    """All of it in a line."""
    outcomes = campaign.outcomes
    worst = max((one.worst for one in outcomes), default=0.0)
    true = sum(one.true for one in outcomes)
    return f"outages: {len(outcomes)} sales, {true} true, worst {worst:.1f} s"
