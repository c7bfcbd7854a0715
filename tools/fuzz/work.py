"""One parser's share of a campaign, in a process of its own: `python -m tools.fuzz.work JOB`.

JOB is a job.Job as JSON; stdout has its job.Share. Inputs are chosen by chance.
"""

import json
import os
import random
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path

import boot

from tools.fuzz import corpus, mend, mutate, oracles, spoil
from tools.fuzz.job import Job, Share
from tools.fuzz.measure import Judge
from tools.fuzz.parsers import Broken
from tools.fuzz.parsers.all import PARSERS

_MOST_FAILURES = 20
_MOST_VERDICTS = 20_000


class Worker:
    """Judges inputs, and keeps what is to be told."""

    def __init__(self, job: Job) -> None:
        if job.spoil:
            spoil.build_in(job.spoil)
        self._job = job
        self.seed = job.seed
        self._share = Share(job.parser)
        self._judge = Judge(PARSERS[job.parser], job.every, job.patience)
        self._oracle = oracles.ORACLES.get(job.parser, oracles.unasked)
        self._end = time.monotonic() + job.seconds if job.seconds else 0.0
        self.corpus = corpus.of(job.parser)
        seed = f"{job.parser}:{job.seed}"
        mended = mend.OF.get(job.parser, mend.nothing)
        self.mutator = mutate.Mutator(seed, self.corpus, corpus.values(job.seed), mended)
        self._chance = random.Random(seed)
        self._verdicts: set[str] = set()
        self._failures: set[str] = set()

    @property
    def done(self) -> bool:
        """Whether that was enough."""
        if self._end:
            return time.monotonic() > self._end
        return self._share.inputs >= self._job.runs

    def take(self, octets: bytes) -> None:
        """Judge an input."""
        self._share.inputs += 1
        try:
            verdict = self._judge.verdict(octets)
            self._oracle(octets, verdict)
        except Exception as error:  # noqa: BLE001  (whatever is raised is a finding)
            self._fail(error, octets)
            return
        new = verdict not in self._verdicts and len(self._verdicts) < _MOST_VERDICTS
        if new:
            self._verdicts.add(verdict)
        self._sample(octets, verdict, new)

    def _fail(self, error: Exception, octets: bytes) -> None:
        self._share.failed += 1
        last = traceback.extract_tb(error.__traceback__)[-1]
        words = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
        sort = words if isinstance(error, Broken) else words.rpartition("(")[2]
        if sort not in self._failures and len(self._failures) < _MOST_FAILURES:
            self._failures.add(sort)
            self._share.failures.append((words, octets.hex()))

    def _sample(self, octets: bytes, verdict: str, new: bool) -> None:
        """Keep some for the other runtime: what has a new verdict, and some of the rest."""
        sampled, most = self._share.sampled, self._job.sample
        if len(sampled) < most:
            sampled.append((octets.hex(), verdict))
        elif most and (new or self._chance.random() < most / self._share.inputs):
            sampled[self._chance.randrange(most)] = (octets.hex(), verdict)

    def by_chance(self) -> Share:
        """The corpus itself, then inputs that are made of it; what came of all."""
        for octets in self.corpus:
            if not self.done:
                self.take(octets)
        while not self.done:
            self.take(self.mutator.next())
        return self.finish()

    def finish(self) -> Share:
        """What came of it."""
        self._judge.close()
        self._share.verdicts = len(self._verdicts)
        self._share.memory = self._judge.most_memory
        self._share.steps = self._judge.most_steps
        return self._share


def start() -> Worker:
    """The worker of this process, which is in the job's directory from here on."""
    boot.add_names()
    job = Job(**json.loads(sys.argv[1]))
    worker = Worker(job)
    os.chdir(job.directory)
    return worker


def tell(share: Share) -> None:
    """Print a share for the campaign."""
    print(json.dumps(asdict(share)), flush=True)


if __name__ == "__main__":
    tell(start().by_chance())
