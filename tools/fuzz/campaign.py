"""All parsers' shares, some at once, each in a process of its own."""

import importlib.util
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

from host_sim.board import ROOT
from tools.fuzz import differ
from tools.fuzz.job import Job, Share

WEIGHTS = {
    "link": 1,
    "recovered": 0.25,
    "broker": 1,
    "endpoint": 2,
    "web": 2,
    "page": 2,
    "documents": 2,
    "frames": 3,
    "requests": 3,
    "files": 3,
    "messages": 6,
    "objects": 6,
    "answers": 6,
    "receipts": 8,
    "charges": 8,
    "times": 6,
    "forms": 6,
    "tlvs": 6,
    "ndefs": 6,
    "taps": 3,
    "reader_frames": 6,
    "tap_words": 6,
}
"""How many inputs each parser gets, beside others: fewer of those that take long."""


@dataclass(frozen=True)
class Options:
    """What a campaign is."""

    inputs: int = 1_000_000
    """Of all parsers together, on CPython."""
    compared: int = 20_000
    """Of these, on MicroPython too."""
    seconds: float = 0
    """Of all processes together, on the clock, in the place of a number of inputs."""
    seed: int = 1
    jobs: int = 2
    guided: bool = True
    spoil: str = ""
    every: int = 200
    patience: float = 5.0


def has_guide() -> bool:
    """Whether atheris is installed."""
    return importlib.util.find_spec("atheris") is not None


def run(parsers: Iterable[str], options: Options, tell: Callable[[Share], None]) -> list[Share]:
    """Do it; each share is told as it comes."""
    jobs = _jobs(sorted(parsers, key=lambda name: WEIGHTS[name]), options)

    def one(job: Job) -> Share:
        share = _done(job, options.guided)
        if share.sampled:
            differ.compare(share, options.spoil)
        tell(share)
        return share

    with ThreadPoolExecutor(options.jobs) as pool:
        return list(pool.map(one, jobs))


def _jobs(parsers: list[str], options: Options) -> list[Job]:
    """Each parser's; the sums are at least what is asked for."""
    total = sum(WEIGHTS[name] for name in parsers)
    return [
        Job(
            parser=name,
            seed=options.seed,
            runs=math.ceil(options.inputs * WEIGHTS[name] / total),
            seconds=options.seconds * options.jobs / len(parsers),
            spoil=options.spoil,
            sample=math.ceil(options.compared * WEIGHTS[name] / total),
            every=options.every,
            patience=options.patience,
        )
        for name in parsers
    ]


def _done(job: Job, guided: bool) -> Share:
    """A job's share; of a process that ends without one, that it did."""
    module = "tools.fuzz.guided" if guided else "tools.fuzz.work"
    with tempfile.TemporaryDirectory() as directory:
        told = json.dumps(asdict(replace(job, directory=directory)))
        command = [sys.executable, "-m", module, told]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        return Share(**json.loads(run.stdout.splitlines()[-1]))
    except (ValueError, IndexError, TypeError):
        words = f"the process ended with {run.returncode}: {run.stderr[-1500:]}"
        return Share(job.parser, failed=1, failures=[(words, "")])
