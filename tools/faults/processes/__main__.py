"""Sales during which a process is killed: `python -m tools.faults.processes`.

Board, register and backend are processes; each is killed at every boundary between two messages of
a sale, on the line to the register, at the broker, at the backend, and is started again. Every sale
must end as the backend's database says, in the register's database once.

--forgetful has a power cut take what the board has written, so that one can see the campaign fail.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence

from host_sim.board import ROOT
from tools.faults.processes import report
from tools.faults.processes.campaign import Campaign
from tools.faults.processes.cases import all_cases
from tools.faults.processes.sale import Outcome

_DEFAULTS = Campaign()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 0 if every sale survived."""
    options = _parser().parse_args(arguments)
    if not (ROOT / "build" / "firmware").exists():
        print("processes: the firmware is not built: run `make setup`", file=sys.stderr)
        return 2
    cases = [case for case in all_cases() if all(word in case.name for word in options.only)]
    if not cases:
        print(f"processes: no case is called {' '.join(options.only)}", file=sys.stderr)
        return 2
    for name in ("host_sim", "uvicorn.error"):  # that a service is missed is no news
        logging.getLogger(name).setLevel(logging.CRITICAL)
    how = (options.jobs, options.seed, options.patience, options.forgetful)
    campaign = Campaign(*how, _tell)
    asyncio.run(campaign.run(cases))
    return _conclude(campaign, len(cases))


def _tell(outcome: Outcome) -> None:
    print(report.line(outcome), flush=True)


def _conclude(campaign: Campaign, cases: int) -> int:
    """Print what came of it; the exit status."""
    outcomes = campaign.outcomes
    print()
    for words in (*report.table(outcomes), *campaign.complaints, report.last_line(outcomes)):
        print(words)
    survived = all(outcome.state == "survived" for outcome in outcomes)
    return 0 if survived and len(outcomes) == cases and not campaign.complaints else 1


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="tools.faults.processes", description=words)
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORD", help="cases with WORD in their name"
    )
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, help="the order of the cases")
    parser.add_argument("--jobs", type=int, default=_DEFAULTS.jobs, help="counters at once")
    parser.add_argument(
        "--patience", type=float, default=_DEFAULTS.patience, help="seconds until a sale is stuck"
    )
    parser.add_argument("--forgetful", action="store_true", help="a fault: flash forgets")
    return parser


if __name__ == "__main__":
    sys.exit(main())
