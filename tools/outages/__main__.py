"""Sales during which a service fails: `make outages` (python -m tools.outages).

On boards of the bench, with the real broker, a service fails at each moment of a sale: the broker
is killed, a connection is cut or goes silent, Wi-Fi is lost, the backend is slow, wrong or gone.
Every sale must end as the backend's database says, in the register's database once, and no board
may restart. It fails if one doesn't, or takes longer from the service's return than --goal.

--silent builds a fault into the backend, so that one can see the campaign fail.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence

from host_sim.board import ROOT, RUNTIMES
from tools.outages import report
from tools.outages.campaign import Campaign, Options
from tools.outages.cases import all_cases
from tools.outages.sale import Outcome

_GOAL = 3.0
_DEFAULTS = Options()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 0 if every sale ended true and in time."""
    options = _parser().parse_args(arguments)
    if not (ROOT / "build" / "firmware").exists():
        print("outages: the firmware is not built: run `make setup`", file=sys.stderr)
        return 2
    cases = [case for case in all_cases() if all(word in case.name for word in options.only)]
    if not cases:
        print(f"outages: no case is called {' '.join(options.only)}", file=sys.stderr)
        return 2
    how = Options(options.runtime, options.jobs, options.seed, options.patience, options.silent)
    for name in (
        "host_sim",
        "uvicorn.error",
    ):  # that a service is missed, or was stopped, is no news
        logging.getLogger(name).setLevel(logging.CRITICAL)
    campaign = Campaign(how, _tell)
    asyncio.run(campaign.run(cases))
    return _conclude(campaign, len(cases), options.goal)


def _tell(outcome: Outcome) -> None:
    print(report.line(outcome), flush=True)


def _conclude(campaign: Campaign, tried: int, goal: float) -> int:
    """Print what came of it; the exit status."""
    outcomes = campaign.outcomes
    late = report.slow(outcomes, goal) if goal else []
    if late:
        print(f"\nlonger than {goal:g} s:")
    for outcome in late:
        print(report.line(outcome))
    print()
    for words in (*report.table(outcomes), *campaign.complaints):
        print(words)
    print(report.last_line(campaign))
    untrue = sum(not outcome.true for outcome in outcomes)
    return 1 if late or untrue or campaign.complaints or len(outcomes) < tried else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.outages", description=__doc__.splitlines()[0])
    parser.add_argument("--runtime", choices=RUNTIMES, default=_DEFAULTS.runtime)
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORD", help="cases with WORD in their name"
    )
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, help="the order of the cases")
    parser.add_argument("--jobs", type=int, default=_DEFAULTS.jobs, help="counters at once")
    parser.add_argument(
        "--goal", type=float, default=_GOAL, help="seconds from the service's return; 0: any"
    )
    parser.add_argument(
        "--patience", type=float, default=_DEFAULTS.patience, help="seconds until a sale is stuck"
    )
    parser.add_argument("--silent", action="store_true", help="a fault: no question is answered")
    return parser


if __name__ == "__main__":
    sys.exit(main())
