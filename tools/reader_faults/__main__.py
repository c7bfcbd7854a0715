"""Taps that go wrong, on a simulated board: `python -m tools.reader_faults` (`make reader-faults`).

The real driver meets each fault at each frame of a tap on each bus. Every tap must end with a name
and in time, and the next one must work. Prints how long a task beside it had to wait as well.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from host_sim.board import ROOT, RUNTIMES
from host_sim.reader.wiring import BUSES
from tools.reader_faults.campaign import DEADLINES, Outcome, run

_GOAL_MS = 10
"""A task beside the reader shouldn't wait longer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 0 if every tap ended well."""
    options = _parser().parse_args(arguments)
    if not (ROOT / "build" / "firmware").exists():
        print("reader_faults: the firmware is not built: run `make setup`", file=sys.stderr)
        return 2
    good = True
    with tempfile.TemporaryDirectory() as directory:
        for bus in options.bus or BUSES:
            place = Path(directory) / bus
            how = (options.runtime, bus, place, _tell, options.some, options.seed)
            outcomes = asyncio.run(run(*how))
            good = good and not any(list(one.problems()) for one in outcomes)
            print("\n".join(_summary(bus, outcomes)), flush=True)
    return 0 if good else 1


def _tell(outcome: Outcome) -> None:
    for problem in outcome.problems():
        print(f"FAILED {outcome.case.name}: {problem}", flush=True)


def _summary(bus: str, outcomes: list[Outcome]) -> list[str]:
    """What came of a bus's cases, in lines."""
    ends = Counter(one.said["outcome"] for one in outcomes)
    taps = [said for one in outcomes for said in (one.said, one.after)]
    stalls = sorted(said["stall"] / 1000 for said in taps)
    busy = max(said["busy"] for said in taps) / 1000
    longest = {
        call: max(one.said.get(call, 0) for one in outcomes if one.said) for call in DEADLINES
    }
    over = sum(stall > _GOAL_MS for stall in stalls)
    failed = sum(bool(list(one.problems())) for one in outcomes)
    return [
        f"{bus}: {len(outcomes)} faults, {failed} failed",
        "  ended with " + ", ".join(f"{name} {count}" for name, count in ends.most_common()),
        "  took at most " + ", ".join(f"{call} {most} ms" for call, most in longest.items()),
        f"  longest stall beside it {stalls[-1]:.1f} ms; {over} of {len(stalls)} taps had one over "
        f"{_GOAL_MS} ms, half of them none over {stalls[len(stalls) // 2]:.1f} ms",
        f"  of that the board's own computing was {busy:.1f} ms at most, the rest is the bench's",
    ]


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="tools.reader_faults", description=words)
    parser.add_argument("--runtime", choices=RUNTIMES, default="micropython")
    parser.add_argument("--bus", action="append", choices=BUSES, help="some of the buses")
    parser.add_argument("--some", type=int, help="so many cases a bus, at random")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    return parser


if __name__ == "__main__":
    sys.exit(main())
