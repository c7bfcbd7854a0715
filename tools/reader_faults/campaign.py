"""Taps that go wrong: each fault at each frame of a tap, in either direction."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from host_sim.reader.faults import KINDS, LATE_SECONDS, Direction
from tools.reader_faults.drive import EXCHANGE_MS, Echo, Taps, tapping

NAMED = (
    "ok",
    "nothing",
    "left",
    "card_gone",
    "card_nak",
    "card_error",
    "reader_silent",
    "reader_garbled",
    "reader_refused",
    "reader_reset",
    "reader_absent",
)
"""How a tap may end; anything else is a failure."""
DEADLINES = {"find": 1000, "exchange": EXCHANGE_MS + 500, "present": 600}
"""Milliseconds that a call may take, whatever happens."""


@dataclass(frozen=True)
class Case:
    """One fault."""

    bus: str
    direction: Direction
    frame: int
    kind: str

    @property
    def name(self) -> str:
        """As it is printed."""
        return f"{self.bus} {self.direction} {self.frame} {self.kind}"


@dataclass(frozen=True)
class Outcome:
    """What came of one."""

    case: Case
    said: dict
    after: dict
    """The next tap, without a fault."""

    def problems(self, timed: bool = True) -> Iterator[str]:
        """What must not be; timed: whether the deadlines count."""
        if self.said["outcome"] not in NAMED:
            yield f"ended with {self.said['outcome']}"
        if self.after["outcome"] != "ok":
            yield f"the next tap ended with {self.after['outcome']}"
        for call, most in DEADLINES.items() if timed else ():
            if self.said.get(call, 0) > most:
                yield f"{call} took {self.said[call]} ms"


def cases(bus: str, frames: dict[Direction, int]) -> list[Case]:
    """All faults of a tap that has so many frames in each direction."""
    return [
        Case(bus, direction, frame, kind)
        for direction, count in frames.items()
        for frame in range(count)
        for kind in KINDS
    ]


async def spoiled(taps: Taps, case: Case) -> Outcome:
    """A tap with a fault, and one without."""
    taps.model.faults.at(case.direction, case.frame, case.kind)
    said = await taps.tap()
    taps.model.faults.clear()
    if case.kind == "dead":
        taps.model.cut()
    if case.kind == "late":
        await asyncio.sleep(LATE_SECONDS)
    return Outcome(case, said, await taps.tap())


async def run(
    runtime: str,
    bus: str,
    directory: Path,
    tell: Callable[[Outcome], None],
    some: int | None = None,
    seed: int = 1,
) -> list[Outcome]:
    """All cases of a bus, or some of them at random."""
    outcomes = []
    async with tapping(runtime, bus, directory) as taps:
        taps.field.put(Echo())
        before = taps.model.faults.seen.copy()
        clean = await taps.tap()
        if clean["outcome"] != "ok":
            raise RuntimeError(f"a tap without a fault ended with {clean['outcome']}")
        seen = taps.model.faults.seen
        directions: tuple[Direction, Direction] = ("in", "out")
        found = cases(bus, {one: seen[one] - before[one] for one in directions})
        if some is not None:
            found = random.Random(f"{seed} {bus}").sample(found, some)
        for case in found:
            outcomes.append(await spoiled(taps, case))
            tell(outcomes[-1])
    return outcomes
