"""Many boards at one broker: `make fleet` (python -m tools.fleet).

N virtual boards, with the firmware's own MQTT client, broker, backend and book of attempts, share a
real Mosquitto, each with its own name, key and login. They sell; the broker is killed and starts
again while they do; connections are reset while they do. It fails if a result is lost or accepted
twice, a board does not come back, or a task of one ends. Needs mosquitto.

In the table, `sessions` is how long boards took to have one, `results` how long results took from
the payment to the board's book, `resent` how many messages the broker sent again, `questions` how
often boards asked for a result, and `needed` how many results only that has brought: the broker had
taken and lost them. What the first seed decides is when things happen; the system does the rest.

--no-questions and --no-persistence take from boards and broker what a loss is mended with.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from host_sim.broker import BrokerError
from tools.fleet.scenario import Fleet
from tools.fleet.tally import last_line, report

_BOARDS = 500
_MOST_BOARDS = 5000
_SEED = 1
_OTHER_FILES = 100
_DOUBT_SECONDS = 15.0  # as a display has it
_PATIENCE_SECONDS = 20.0


class TooFewFiles(RuntimeError):
    """The system lets no process open as many files as the fleet needs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the fleet; 0 if every result was accepted once."""
    options = _parser().parse_args(arguments)
    doubt = 0.0 if options.no_questions else options.doubt
    try:
        allow_files(options.boards + _OTHER_FILES)
        with tempfile.TemporaryDirectory() as directory:
            how = (doubt, not options.no_persistence, options.patience)
            fleet = Fleet(options.boards, options.seed, Path(directory), *how)
            tally = asyncio.run(fleet.run())
    except (TooFewFiles, BrokerError) as problem:
        print(f"fleet: {problem}", file=sys.stderr)
        return 2
    report(tally)
    print(last_line(tally))
    return 0 if tally.passed else 1


def allow_files(count: int) -> None:
    """Let this process, and the broker that it starts, open so many files; raises TooFewFiles."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    if hard != resource.RLIM_INFINITY and hard < count:
        raise TooFewFiles(f"needs {count} open files, and the system allows {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.fleet", description=__doc__.splitlines()[0])
    parser.add_argument("--boards", type=_count, default=_BOARDS, help="how many")
    parser.add_argument("--seed", type=int, default=_SEED, help="of when what happens")
    parser.add_argument(
        "--doubt", type=float, default=_DOUBT_SECONDS, help="seconds until a board asks"
    )
    parser.add_argument(
        "--patience", type=float, default=_PATIENCE_SECONDS, help="seconds until a result is lost"
    )
    parser.add_argument("--no-questions", action="store_true", help="boards never ask")
    parser.add_argument("--no-persistence", action="store_true", help="the broker keeps nothing")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= _MOST_BOARDS:
        raise argparse.ArgumentTypeError(f"a fleet has 1 to {_MOST_BOARDS} boards")
    return count


if __name__ == "__main__":
    sys.exit(main())
