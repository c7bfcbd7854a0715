"""Runs cases, several counters at once, each with a few sales on one board."""

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from host_sim.board import BoardError
from host_sim.broker import BrokerError
from tools.outages.cases import Case
from tools.outages.sale import Outcome, Sale
from tools.outages.site import Kind, Site
from tools.outages.verdict import judge
from tools.register import RegisterError

_CASES_A_BOARD = 8
_LARGEST_AMOUNT = 100_000


@dataclass
class Options:
    """How a campaign is run."""

    runtime: str = "micropython"
    jobs: int = 6
    """Counters at once."""
    seed: int = 1
    patience: float = 40.0
    silent: bool = False
    """The backend never answers a question: a fault to see the campaign fail by."""


@dataclass
class Campaign:
    """Cases that wait, and what came of the others."""

    options: Options
    tell: Callable[[Outcome], None] = lambda _: None
    outcomes: list[Outcome] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What is wrong with a board, beside its sales."""

    async def run(self, cases: list[Case]) -> None:
        """Try them all."""
        rng = random.Random(self.options.seed)
        waiting = sorted(_batches(cases, rng), key=_length)
        with tempfile.TemporaryDirectory() as directory:
            workers = [
                self._work(waiting, rng, Path(directory) / str(number))
                for number in range(self.options.jobs)
            ]
            await asyncio.gather(*workers)

    async def _work(self, waiting: list[list[Case]], rng: random.Random, directory: Path) -> None:
        """Take batches, the longest first, until there are none."""
        sites = 0
        while waiting:
            batch = waiting.pop()
            sites += 1
            place = directory / str(sites)
            left = await self._serve(batch, rng, place)
            if left:
                waiting.append(left)

    async def _serve(self, batch: list[Case], rng: random.Random, directory: Path) -> list[Case]:
        """The batch's sales on a board; what is left when one was stuck: a new board's."""
        directory.mkdir(parents=True)
        left = list(batch)
        site = Site(batch[0].kind, self.options.runtime, directory)
        done: list[Outcome] = []
        try:
            async with site.running():
                site.bench.gateway.faults.silent = self.options.silent
                while left and not (done and done[-1].stuck):
                    case = left.pop(0)
                    order, amount = str(1001 + len(done)), rng.randint(1, _LARGEST_AMOUNT)
                    sale = Sale(site, case, order, amount, self.options.patience)
                    done.append(await sale.run())
                    self.outcomes.append(done[-1])
                    self.tell(done[-1])
                await self._look_back(site, done)
        except (BoardError, BrokerError, RegisterError, TimeoutError) as error:
            self._complain(site, f"{type(error).__name__}: {error}")
            if not done:
                return []  # a board that does not start won't the next time
        return left

    async def _look_back(self, site: Site, done: list[Outcome]) -> None:
        """What came of the sales may not have changed since, and the board is well."""
        for outcome in done:
            now = judge(site.directory, outcome.order, outcome.cancelled)
            if now != outcome.verdict:
                outcome.verdict = now
                self._complain(site, f"{outcome.case.name} has changed later: {now}")
        board = site.bench.board
        printed = [line for line in board.log.read_text().splitlines() if "Error" in line]
        if board.resets or printed or board.panel.violations:
            violations = board.panel.violations
            self._complain(site, f"{board.resets} resets, {printed}, {violations}")

    def _complain(self, site: Site, words: str) -> None:
        self.complaints.append(f"{site.kind}: {words}")


def _batches(cases: list[Case], rng: random.Random) -> Iterator[list[Case]]:
    """Cases of one kind of site, a few at a time, in an order that the seed makes."""
    kinds: dict[Kind, list[Case]] = {}
    for case in cases:
        kinds.setdefault(case.kind, []).append(case)
    for alike in kinds.values():
        rng.shuffle(alike)
        for at in range(0, len(alike), _CASES_A_BOARD):
            yield alike[at : at + _CASES_A_BOARD]


def _length(batch: list[Case]) -> float:
    """About how many seconds it takes."""
    return sum(4 + case.shown + case.fault.seconds for case in batch)
