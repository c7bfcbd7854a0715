"""Sales in which something fails, at every step: `make faults` (python -m tools.faults).

Power, flash, line, network, backend, memory, board and register fail at each moment of a sale. In
the end the shop's database must have each payment that the backend has, once, as paid, or as late
where it came after the sale had ended otherwise; and nothing else. It fails if one is lost, doubled
or wrong, or if a sale does not end.

Most of it is a counter in one process with virtual time (counter/); then real processes of a board,
a register and a backend are killed (processes/).

--break breaks a rule first, so that one can see the campaign fail.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence

from host_sim.board import ROOT
from tools.faults import deterministic, report
from tools.faults.outcome import Outcome
from tools.faults.processes import report as killed_report
from tools.faults.processes import sale as killed_sale
from tools.faults.processes.campaign import Campaign
from tools.faults.processes.cases import all_cases

RULES = (
    "acknowledge-first",
    "opened-unstored",
    "forget-undelivered",
    "new-ids",
    "late-is-paid",
    "commit-later",
)
"""What --break takes; tools/faults/counter/broken.py says what each is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 0 if every case survived."""
    options = _parser().parse_args(arguments)
    if not (ROOT / "build" / "firmware").exists():
        print("faults: the firmware is not built: run `make setup`", file=sys.stderr)
        return 2
    began = time.monotonic()
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if not outcome.survived:
            print(report.line(outcome), flush=True)

    jobs = 1 if options.loud else options.jobs
    wanted = deterministic.Wanted(options.only, options.every, options.broken, jobs, options.loud)
    complaints = deterministic.run(wanted, tell)
    if options.processes and not (options.only or options.broken):
        complaints += asyncio.run(_kill(options.every, tell))
    if not outcomes and not complaints:
        print(f"faults: no case is called {' '.join(options.only)}", file=sys.stderr)
        return 2
    return _conclude(outcomes, complaints, time.monotonic() - began)


async def _kill(every: int, tell: Callable[[Outcome], None]) -> list[str]:
    """Sales whose processes are killed: what was wrong beside what became of them."""
    for name in ("host_sim", "uvicorn.error"):  # that a service is missed is no news
        logging.getLogger(name).setLevel(logging.CRITICAL)

    def take(killed: killed_sale.Outcome) -> None:
        if killed.reached:
            tell(killed_report.as_outcome(killed))

    campaign = Campaign(tell=take)
    await campaign.run(all_cases()[::every], every == 1)
    return campaign.complaints


def _conclude(outcomes: list[Outcome], complaints: list[str], seconds: float) -> int:
    """Print what came of it; the exit status."""
    print()
    for words in (*report.table(outcomes), *complaints):
        print(words)
    shop_hours = sum(outcome.seconds for outcome in outcomes) / 3600
    print(f"\n{shop_hours:.0f} hours at the counter in {seconds:.0f} s")
    print(report.last_line(outcomes))
    return 0 if all(outcome.survived for outcome in outcomes) and not complaints else 1


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="tools.faults", description=words)
    parser.add_argument(
        *("--only", "-o"),
        action="append",
        default=[],
        metavar="NAME",
        help="this case, or those whose names begin so, up to a slash",
    )
    parser.add_argument("--every", type=int, default=1, help="only one case of so many")
    parser.add_argument(
        "--no-processes", dest="processes", action="store_false", help="kill no real processes"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (%(default)s)")
    parser.add_argument(
        "--loud",
        action="store_true",
        help="what the board said, and what panel and books had, of each",
    )
    parser.add_argument(
        "--break", dest="broken", choices=RULES, default="", help="a rule that is broken first"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
