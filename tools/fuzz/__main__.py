"""Fuzz every parser that takes foreign bytes: `make fuzz` (python -m tools.fuzz).

At least INPUTS inputs are made from valid ones, of the protocol's vectors and the firmware's own
encoders, by mutation; guided by libFuzzer where atheris is installed, else by chance. The firmware
judges them on CPython, a sample also on MicroPython as it is compiled. It fails if a parser raises
anything but its own errors, takes more memory or steps than it may, breaks a property
(tools/fuzz/parsers), accepts what an oracle refuses, or says other things on the other runtime. The
same seed makes the same inputs; --replay judges one again.

--spoil builds a fault into the firmware first (spoil.py), so that one can see a campaign fail.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Sequence

import boot

from host_sim.board import ROOT
from tools.fuzz import campaign, differ, oracles, spoil
from tools.fuzz.job import Share
from tools.fuzz.measure import Judge
from tools.fuzz.parsers.all import PARSERS

_DEFAULTS = campaign.Options()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign, or replay an input; 0 if nothing failed."""
    options = _parser().parse_args(arguments)
    if not (ROOT / "build" / "firmware").exists():
        print("fuzz: the firmware is not built: run `make setup`", file=sys.stderr)
        return 2
    if options.replay:
        name, octets = options.replay
        return _replay(name, octets, options.spoil)
    guided = campaign.has_guide() and not options.by_chance
    print(f"seed {options.seed}, guided by {'libFuzzer' if guided else 'chance'}", flush=True)
    how = campaign.Options(
        inputs=options.inputs,
        compared=options.compared,
        seconds=options.seconds,
        seed=options.seed,
        jobs=options.jobs,
        guided=guided,
        spoil=options.spoil,
    )
    print(_HEAD, flush=True)
    shares = campaign.run(options.only or PARSERS, how, _tell)
    failed = sum(share.failed for share in shares)
    print(f"{sum(share.compared for share in shares):,} of them on MicroPython too")
    print(f"fuzz: {sum(share.inputs for share in shares)} inputs, {failed} failures")
    return 1 if failed else 0


_HEAD = (
    f"{'parser':<10} {'inputs':>8} {'verdicts':>8} {'on MicroPython':>14} "
    f"{'memory, most':>14} {'may take':>9} {'of the steps':>12} {'failures':>8}"
)


def _tell(share: Share) -> None:
    """A line a parser, and what is wrong with it."""
    parser = PARSERS[share.parser]
    print(
        f"{share.parser:<10} {share.inputs:>8,} {share.verdicts:>8,} {share.compared:>14,} "
        f"{share.memory:>14,} {parser.cap * parser.times:>9,} {share.steps / 10:>10.1f} % "
        f"{share.failed:>8,}",
        flush=True,
    )
    for words, octets in share.failures:
        print(f"  FAILED: {words}\n    --replay {share.parser} {octets or '-'}", flush=True)


def _replay(name: str, octets: str, fault: str) -> int:
    """Judge one input on both runtimes."""
    boot.add_names()
    if fault:
        spoil.build_in(fault)
    data = bytes.fromhex(octets.strip("-"))
    share = Share(name)
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        try:
            verdict = Judge(PARSERS[name], 1).verdict(data)
            oracles.ORACLES.get(name, oracles.unasked)(data, verdict)
        except Exception as error:  # noqa: BLE001  (whatever is raised is the finding)
            verdict = f"{type(error).__name__}: {error}"
            share.failed = 1
    print(f"CPython: {verdict}")
    share.sampled = [(octets.strip("-"), verdict)]
    differ.compare(share, fault)
    for words, _ in share.failures:
        print(words)
    print(f"fuzz: 1 inputs, {min(1, share.failed)} failures")
    return 1 if share.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.fuzz", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--inputs", type=_count, default=_DEFAULTS.inputs, help="of all parsers, on CPython")
    add("--seconds", type=float, default=0, help="how long, in the place of how many")
    add("--compared", type=int, default=_DEFAULTS.compared, help="of these, on MicroPython too")
    add("--seed", type=int, default=_DEFAULTS.seed, help="what inputs are made from")
    add("--jobs", type=_count, default=_DEFAULTS.jobs, help="processes at once")
    add("--only", action="append", choices=sorted(PARSERS), help="some parsers")
    add("--by-chance", action="store_true", help="no guide, even if atheris is installed")
    add("--replay", nargs=2, metavar=("PARSER", "HEX"), help="one input again")
    add("--spoil", choices=sorted(spoil.FAULTS), default="", help="a fault")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("a campaign without an input proves nothing")
    return count


if __name__ == "__main__":
    sys.exit(main())
