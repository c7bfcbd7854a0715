"""Sales during which a real process is killed."""

from tools.faults import outcome
from tools.faults.processes.campaign import Campaign
from tools.faults.processes.cases import all_cases
from tools.faults.processes.sale import Outcome

__all__ = ["Campaign", "Outcome", "all_cases", "as_outcome"]


def as_outcome(killed: Outcome) -> outcome.Outcome:
    """It among those of all campaigns."""
    verdict = killed.verdict
    words = f"recorded {verdict.recorded}, true is {verdict.true} {verdict.doubled} {killed.why}"
    name = f"killed/{killed.case.group}/{killed.case.name}".replace(", ", "-").replace(" ", "-")
    return outcome.Outcome(name, killed.state, words.strip(), killed.seconds)
