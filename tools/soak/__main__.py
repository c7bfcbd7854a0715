"""Sales in a row on one board: `make soak` (python -m tools.soak).

One board of the bench, with its heap of 160 KB, sells again and again to one register with a real
database, over a real broker; most sales are paid, some are declined, cancelled, or paid late. In
between, at rest and after a collection, the board's heap is measured: once it is warm it may not
grow, nor its largest free block shrink. It fails if either does by the bounds in tally.py, if sales
become slower, if one is missing or doubled in the database, or if the board restarts or prints an
error.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from host_sim.board import ROOT
from host_sim.broker import BrokerError
from tools.outages.site import Kind
from tools.register import RegisterError
from tools.soak.run import ENDS, PROBE, Soak, Stuck

_SALES = 2000
_CHARGES = ("display", "backend")
_ROADS = ("mqtt", "mqtts", "http")
"""Those on which results are pushed: elsewhere a sale takes as long as the display's patience."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Sell; 0 if nothing has grown and every sale is on record once."""
    options = _parser().parse_args(arguments)
    if not (ROOT / "build" / "firmware").exists():
        print("soak: the firmware is not built: run `make setup`", file=sys.stderr)
        return 2
    logging.getLogger("host_sim").setLevel(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as directory:
            kind = Kind(options.road, charges=options.charges)
            soak = Soak(options.sales, kind, Path(directory), options.probe, _tell)
            tally = asyncio.run(soak.run())
    except (BrokerError, RegisterError, TimeoutError, Stuck) as problem:
        print(f"soak: {type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    for line in tally.report():
        print(line)
    return 1 if tally.complaints else 0


def _tell(words: str) -> None:
    print(words, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--sales", type=_count, default=_SALES, help="how many (%(default)s)")
    parser.add_argument("--road", choices=_ROADS, default="mqtt", help="how results come")
    parser.add_argument(
        "--charges", choices=_CHARGES, default="display", help="who makes the codes' texts"
    )
    parser.add_argument("--probe", type=Path, default=PROBE, help="what runs the board's main.py")
    return parser


def _count(text: str) -> int:
    count, round_of = int(text), len(ENDS)
    if count < 3 * round_of or count % round_of:
        raise argparse.ArgumentTypeError(f"a multiple of {round_of}, from {3 * round_of} on")
    return count


if __name__ == "__main__":
    sys.exit(main())
