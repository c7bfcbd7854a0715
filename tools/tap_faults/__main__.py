"""Sales by card during which the reader fails: `make tap-faults`.

On a whole board, with each kind of card: at each frame between the display and its reader, in
either direction (a sale without faults says how many there are), something goes wrong. The customer
is told and taps again, if need be; each sale must end paid, and once. What the driver does about a
fault is `make reader-faults`.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from host_sim.bench import Bench
from host_sim.board import RUNTIMES
from host_sim.reader.faults import KINDS as FAULTS
from host_sim.reader.faults import Direction
from host_sim.reader.field import HAND_SECONDS
from host_sim.reader.wiring import BUSES
from host_sim.shop_cards import KINDS as CARDS
from host_sim.shop_cards import ShopCards
from tools.register import Register, RegisterError, ShopDatabase

_DEADLINE = 30.0
_READY = 10.0
_LOOK = 0.05
_TAPS = 4
_AMOUNT = 1234


@dataclass(frozen=True)
class Case:
    """One fault."""

    card: str
    direction: Direction
    frame: int
    fault: str

    @property
    def name(self) -> str:
        """All of it in a word."""
        return f"{self.card}:{self.direction}:{self.frame}:{self.fault}"


def all_cases(frames: dict[str, Counter[Direction]]) -> list[Case]:
    """Every fault; frames: how many a tap with each card has. A reader that hangs until the power
    is cut is of tests/e2e/test_tap.py."""
    faults = [fault for fault in FAULTS if fault != "dead"]
    return [
        Case(card, direction, frame, fault)
        for card, counts in frames.items()
        for direction, count in counts.items()
        for frame, fault in product(range(count), faults)
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 0 if each sale was paid once."""
    parser = argparse.ArgumentParser(prog="tap_faults", description=__doc__.splitlines()[0])
    parser.add_argument("--runtime", choices=RUNTIMES, default="micropython")
    parser.add_argument("--bus", choices=BUSES, default="hsu")
    parser.add_argument("--road", choices=("mqtts", "https"), default="mqtts")
    parser.add_argument("--some", type=int, default=0, help="so many of them, by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=8, help="counters at once (%(default)s)")
    options = parser.parse_args(arguments)
    campaign = Campaign(options.runtime, options.bus, options.road)
    return asyncio.run(campaign.run(options.some, options.seed, options.jobs))


class Campaign:
    """Several counters, at each of them one sale after the other."""

    def __init__(self, runtime: str, bus: str, road: str) -> None:
        self._runtime, self._bus, self._road = runtime, bus, road
        self._tried: Counter[str] = Counter()
        self._again: Counter[str] = Counter()
        self._longest: dict[str, float] = {}
        self._wrong = 0

    async def run(self, some: int, seed: int, jobs: int) -> int:
        """Try them all, or some by a seed, at so many counters; the exit status."""
        with tempfile.TemporaryDirectory() as name:
            async with self._counter(Path(name, "first")) as first:
                cases = all_cases({card: await first.frames(card) for card in CARDS})
            random.Random(seed).shuffle(cases)
            cases = cases[: some or len(cases)]
            waiting = cases[::-1]
            places = [Path(name, str(at)) for at in range(min(jobs, len(cases)))]
            await asyncio.gather(*(self._serve(waiting, place) for place in places))
        self._report(len(cases))
        return 1 if self._wrong else 0

    @contextlib.asynccontextmanager
    async def _counter(self, directory: Path) -> AsyncIterator["_Counter"]:
        """A counter that is open."""
        directory.mkdir()
        cards = ShopCards(directory, "EUR")
        made = {"road": self._road, "reader": self._bus, "cards": cards.known}
        bench = Bench(self._runtime, directory=directory, **made)  # type: ignore[arg-type]
        database = ShopDatabase(f"sqlite:///{directory}/shop.db")
        async with bench:
            register = await asyncio.to_thread(Register, bench.board.line.path, database, "3")
            try:
                yield _Counter(bench, cards, register, database)
            finally:
                await asyncio.to_thread(register.close)
            self._wrong += bench.board.resets

    async def _serve(self, waiting: list[Case], directory: Path) -> None:
        """One counter's sales, until no case waits."""
        async with self._counter(directory) as counter:
            while waiting:
                await self._try(waiting.pop(), counter)

    async def _try(self, case: Case, counter: "_Counter") -> None:
        """One sale with its fault; what came of it is counted."""
        began = time.monotonic()
        taps, why = 0, ""
        try:
            async with asyncio.timeout(_DEADLINE):
                taps = await counter.sell(case.card, case)
        except (TimeoutError, RegisterError) as error:
            why = repr(error)
        took = time.monotonic() - began
        self._tried[case.fault] += 1
        self._again[case.fault] += taps > 1
        self._longest[case.fault] = max(took, self._longest.get(case.fault, 0))
        if why or not counter.sold():
            self._wrong += 1
            print(f"  WRONG: {case.name}: {why or 'not paid'}", flush=True)
            await counter.clear()

    def _report(self, count: int) -> None:
        """The table, and the last line."""
        print(f"{'fault':<10} {'tried':>6} {'tapped again':>13} {'longest':>8}")
        for fault in sorted(self._tried):
            again, longest = self._again[fault], self._longest[fault]
            print(f"{fault:<10} {self._tried[fault]:>6} {again:>13} {longest:>6.1f} s")
        print(f"tap-faults: {count} sales, {count - self._wrong} paid once, {self._wrong} not")


class _Counter:
    """A board, its reader and its register."""

    def __init__(
        self, bench: Bench, cards: ShopCards, register: Register, database: ShopDatabase
    ) -> None:
        assert bench.board.reader is not None
        self._reader = bench.board.reader
        self._cards = cards
        self._register = register
        self._database = database
        self._order = 1000
        self._begun: Counter[Direction] = Counter()
        self._seen: Counter[Direction] = Counter()

    async def frames(self, card: str) -> Counter[Direction]:
        """How many frames a tap has until it is paid, with a card and without a fault."""
        await self.sell(card, None)
        return self._seen - self._begun

    async def sell(self, card: str, fault: Case | None) -> int:
        """One sale; how often the card was held to the reader until it was paid."""
        self._order += 1
        await self._until("reader", "ready")
        await self._until("lacks", "")
        await asyncio.to_thread(
            self._register.start_payment, str(self._order), _AMOUNT, "EUR", "tap"
        )
        faults = self._reader.model.faults
        self._begun = faults.seen.copy()
        if fault:
            faults.at(fault.direction, fault.frame, fault.fault)
        try:
            return await self._tapped(card)
        finally:
            faults.clear()
            self._reader.field.take_away()

    async def _tapped(self, card: str) -> int:
        for taps in range(1, _TAPS + 1):
            self._reader.field.put(self._cards.card(card, True))
            while (state := await self._state()) not in ("again", "paid"):
                await asyncio.sleep(_LOOK)
            self._seen = self._reader.model.faults.seen.copy()
            self._reader.field.take_away()
            await asyncio.sleep(HAND_SECONDS)
            if state == "paid":
                await asyncio.to_thread(self._register.wait_for_result, str(self._order), _READY)
                return taps
            await self._until("state", "tap")
        return _TAPS

    def sold(self) -> bool:
        """Whether the latest sale is on record."""
        return self._database.sale(self._register.name, str(self._order)) is not None

    async def clear(self) -> None:
        """Have the display ready for the next sale."""
        with contextlib.suppress(RegisterError):  # it has ended
            await asyncio.to_thread(self._register.cancel, str(self._order))

    async def _until(self, name: str, wanted: str) -> None:
        while (await asyncio.to_thread(self._register.info))[name] != wanted:
            await asyncio.sleep(_LOOK)

    async def _state(self) -> str:
        return str((await asyncio.to_thread(self._register.info))["state"])


if __name__ == "__main__":
    sys.exit(main())
