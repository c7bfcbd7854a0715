"""What is printed of the killed processes."""

from statistics import median

from tools.faults import outcome
from tools.faults.processes.sale import STATES, Outcome


def line(outcome: Outcome) -> str:
    """One case."""
    verdict = outcome.verdict
    state = outcome.state.upper() if outcome.state != "survived" else ""
    words = f"{outcome.case.name:<40} {verdict.recorded:<28} {verdict.true:<28}"
    words += f" {outcome.seconds:5.1f} s {state} {verdict.doubled} {outcome.why}"
    return (words if outcome.reached else f"{words} (not reached)").rstrip()


def table(outcomes: list[Outcome]) -> list[str]:
    """A row a class, of the cases that were reached."""
    heads = "".join(f"{name:>9}" for name in ("tried", *STATES, "median", "worst"))
    rows = [f"{'killed':<28}{heads}"]
    for group in dict.fromkeys(one.case.group for one in outcomes):
        some = [one for one in outcomes if one.case.group == group and one.reached]
        if some:
            rows.append(_row(group, some))
    return rows


def _row(group: str, some: list[Outcome]) -> str:
    states = [one.state for one in some]
    counts = "".join(f"{states.count(state):>9}" for state in STATES)
    seconds = [one.seconds for one in some]
    times = f"{median(seconds):>7.1f} s{max(seconds):>7.1f} s"
    return f"{group:<28}{len(some):>9}{counts}{times}"


def last_line(outcomes: list[Outcome]) -> str:
    """All of it in a line."""
    states = [one.state for one in outcomes if one.reached]
    counts = ", ".join(f"{states.count(state)} {state}" for state in STATES)
    return f"processes: {len(states)} sales, {counts}"


def as_outcome(killed: Outcome) -> outcome.Outcome:
    """It among those of all campaigns."""
    verdict = killed.verdict
    words = f"recorded {verdict.recorded}, true is {verdict.true} {verdict.doubled} {killed.why}"
    name = f"killed/{killed.case.group}/{killed.case.name}".replace(", ", "-").replace(" ", "-")
    return outcome.Outcome(name, killed.state, words.strip(), killed.seconds)
