"""Runs the cases, several counters at once, each with some sales on one board."""

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from host_sim.board import BoardError
from host_sim.broker import BrokerError
from tools import firmware
from tools.faults.processes.cases import Case
from tools.faults.processes.child import ChildError
from tools.faults.processes.counter import BOARD, Counter
from tools.faults.processes.sale import Outcome, Sale
from tools.outages.verdict import judge

_CASES_A_BOARD = 12
_LARGEST_AMOUNT = 100_000
_BEFORE, _PRINTED = 200, 1200
"""Characters of a board's console, before an error and in all."""


@dataclass
class Campaign:
    """Cases that wait, and what came of the others."""

    jobs: int = 4
    """Counters at once."""
    seed: int = 1
    patience: float = 25.0
    """Seconds until a sale is stuck."""
    forgetful: bool = False
    """A power cut takes what a board has written: a fault to see the campaign fail by."""
    tell: Callable[[Outcome], None] = lambda _: None
    outcomes: list[Outcome] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What is wrong with a counter, beside its sales."""

    async def run(self, cases: list[Case], whole: bool = True) -> None:
        """Try them all; whole: whether they are all that there are."""
        rng = random.Random(self.seed)
        waiting = list(_batches(cases, rng))
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            firmware.build(BOARD, place / BOARD, ["en"], "host")
            image = place / BOARD / firmware.IMAGE
            workers = (
                self._work(waiting, rng, image, place / str(number)) for number in range(self.jobs)
            )
            await asyncio.gather(*workers)
        if whole:
            self.complaints += unfinished(self.outcomes)

    async def _work(
        self, waiting: list[list[Case]], rng: random.Random, image: Path, place: Path
    ) -> None:
        """Take batches until there are none."""
        counters = 0
        while waiting:
            batch = waiting.pop()
            counters += 1
            directory = place / str(counters)
            directory.mkdir(parents=True)
            counter = Counter(batch[0].road, image, directory, self.forgetful)
            left = await self._serve(batch, rng, counter)
            if left:
                waiting.append(left)

    async def _serve(self, batch: list[Case], rng: random.Random, counter: Counter) -> list[Case]:
        """A batch's sales; what is left when one ended otherwise than it should: a new board's."""
        left, done = list(batch), list[Outcome]()
        try:
            async with counter.running():
                while left and not (done and done[-1].state != "survived"):
                    order, amount = str(1001 + len(done)), rng.randint(1, _LARGEST_AMOUNT)
                    sale = Sale(counter, left.pop(0), order, amount)
                    done.append(await sale.run(self.patience))
                    self.outcomes.append(done[-1])
                    self.tell(done[-1])
                self._look_back(counter, done)
        except (BoardError, BrokerError, ChildError, TimeoutError) as error:
            self.complaints.append(f"{batch[0].name}: {type(error).__name__}: {error}")
        return left if done else []  # a counter that does not even start is not tried again

    def _look_back(self, counter: Counter, done: list[Outcome]) -> None:
        """What came of the sales may not have changed since, and the board is well."""
        for outcome in done:
            now = judge(counter.directory, outcome.order, outcome.cancelled)
            if now != outcome.verdict:
                outcome.verdict = now
                self.complaints.append(f"{outcome.case.name} has changed later: {now}")
        board = counter.bench.board
        log = board.log.read_text()
        if "Traceback" in log or board.panel.violations:
            printed = log[max(0, log.find("Traceback") - _BEFORE) :][:_PRINTED]
            self.complaints.append(f"{done[0].case.name} ff.: {printed} {board.panel.violations}")


def unfinished(outcomes: list[Outcome]) -> list[str]:
    """Complaints of series of moments whose last two came: there may be more of them. One more than
    there are may come by a message that was repeated."""
    series: dict[tuple, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda one: one.case.at):
        case = outcome.case
        if case.at:
            series.setdefault((case.who, case.where, case.end, case.lost), []).append(outcome)
    whole = (some for some in series.values() if all(one.reached for one in some[-2:]))
    return [f"{some[-1].case.name} was reached, so there may be more" for some in whole]


def _batches(cases: list[Case], rng: random.Random) -> Iterator[list[Case]]:
    """Cases of one road, some at a time, in an order that the seed makes."""
    for road in sorted({case.road for case in cases}):
        alike = [case for case in cases if case.road == road]
        rng.shuffle(alike)
        for at in range(0, len(alike), _CASES_A_BOARD):
            yield alike[at : at + _CASES_A_BOARD]
