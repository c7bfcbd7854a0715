"""Throw forged words of the backend at the firmware: `make attack` (python -m tools.attack).

At least FORGED generated bodies that are no true result, charge, or word on a tap are judged by the
firmware's own code on CPython, and the same ones on MicroPython with what is flashed; genuine ones
are mixed among them. A sample of the results goes to two whole boards of the bench, over HTTP to
one and through a broker to the other, while a sale's code is on the panel. It fails if anything
forged is accepted, anything genuine is not, the book or the register's database has anything else
than what was paid, memory grows, or anything but a refusal is raised. What is forged, rule.py says.
The same seed makes the same bodies; but a board has a new key each time.

--spoil builds a fault into the firmware first (spoil.py), so that one can see a campaign fail.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from host_sim.board import ROOT
from tools.attack import board, campaign, spoil
from tools.attack.tally import Tally, last_line, report
from tools.attack.target import RUNTIMES

_FORGED = 100_000
_BOARD_FORGED = 1_000
_BOARD_SALES = 20
_SEED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 0 if nothing forged was accepted and all that is genuine was."""
    options = _parser().parse_args(arguments)
    if not (ROOT / "build" / "firmware").exists():
        print("attack: the firmware is not built: run `make setup`", file=sys.stderr)
        return 2
    print(f"seed {options.seed}, {options.forged:,} forged bodies for each runtime", flush=True)
    tallies = campaign.run(campaign.rounds(options.forged, options.seed), RUNTIMES, options.spoil)
    if options.board_forged:
        tallies += _boards(options.board_forged, options.seed)
    for tally in tallies:
        report(tally)
    print(last_line(tallies))
    return 0 if all(tally.passed for tally in tallies) else 1


def _boards(forged: int, seed: int) -> list[Tally]:
    """A board a way, half of the forged bodies each, at the same time."""
    with ThreadPoolExecutor(len(board.WAYS)) as pool:
        share = -(-forged // len(board.WAYS))
        runs = [pool.submit(board.run, share, _BOARD_SALES, seed, way) for way in board.WAYS]
        return [run.result() for run in runs]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.attack", description=__doc__.splitlines()[0])
    parser.add_argument("--forged", type=_count, default=_FORGED, help="forged bodies a runtime")
    parser.add_argument("--seed", type=int, default=_SEED, help="what bodies are made from")
    parser.add_argument(
        "--board-forged", type=int, default=_BOARD_FORGED, help="of whole boards; 0: no board"
    )
    parser.add_argument("--spoil", choices=sorted(spoil.FAULTS), default="", help="a fault")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("a campaign without an attack proves nothing")
    return count


if __name__ == "__main__":
    sys.exit(main())
