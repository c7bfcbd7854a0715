"""Sales by card during which the reader fails: `make tap-faults`.

On a whole board, with each kind of card: at each frame between the display and its reader, in
either direction, something goes wrong. The customer is told and taps again, if need be; each sale
must end paid, and once. What the driver does about a fault is `make reader-faults`.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from host_sim.bench import Bench
from host_sim.board import RUNTIMES
from host_sim.reader.faults import KINDS as FAULTS
from host_sim.reader.wiring import BUSES
from host_sim.shop_cards import KINDS as CARDS
from host_sim.shop_cards import ShopCards
from tools.register import Register, RegisterError, ShopDatabase

_DIRECTIONS: tuple[Literal["in", "out"], ...] = ("in", "out")
_FRAMES = 40
"""More than a tap has in one direction: those behind its end spoil nothing of it."""
_DEADLINE = 30.0
_READY = 10.0
_LOOK = 0.05
_HAND = 0.4
_TAPS = 4
_AMOUNT = 1234


@dataclass(frozen=True)
class Case:
    """One fault."""

    card: str
    direction: Literal["in", "out"]
    frame: int
    fault: str

    @property
    def name(self) -> str:
        """All of it in a word."""
        return f"{self.card}:{self.direction}:{self.frame}:{self.fault}"


def all_cases() -> list[Case]:
    """Every fault. A reader that hangs until the power is cut is of tests/e2e/test_tap.py."""
    faults = [fault for fault in FAULTS if fault != "dead"]
    made = product(CARDS, _DIRECTIONS, range(_FRAMES), faults)
    return [Case(*parts) for parts in made]


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 0 if each sale was paid once."""
    parser = argparse.ArgumentParser(prog="tap_faults", description=__doc__.splitlines()[0])
    parser.add_argument("--runtime", choices=RUNTIMES, default="micropython")
    parser.add_argument("--bus", choices=BUSES, default="hsu")
    parser.add_argument("--road", choices=("mqtts", "https"), default="mqtts")
    parser.add_argument("--some", type=int, default=0, help="so many of them, by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4, help="counters at once")
    options = parser.parse_args(arguments)
    cases = all_cases()
    rng = random.Random(options.seed)
    rng.shuffle(cases)
    campaign = Campaign(options.runtime, options.bus, options.road)
    return asyncio.run(campaign.run(cases[: options.some or len(cases)], options.jobs))


class Campaign:
    """Several counters, at each of them one sale after the other."""

    def __init__(self, runtime: str, bus: str, road: str) -> None:
        self._runtime, self._bus, self._road = runtime, bus, road
        self._tried: Counter[str] = Counter()
        self._again: Counter[str] = Counter()
        self._longest: dict[str, float] = {}
        self._wrong = 0

    async def run(self, cases: list[Case], jobs: int) -> int:
        """Try them all, at so many counters; the exit status."""
        waiting = cases[::-1]
        with tempfile.TemporaryDirectory() as name:
            places = [Path(name, str(at)) for at in range(min(jobs, len(cases)))]
            await asyncio.gather(*(self._serve(waiting, place) for place in places))
        self._report(len(cases))
        return 1 if self._wrong else 0

    async def _serve(self, waiting: list[Case], directory: Path) -> None:
        """One counter's sales, until no case waits."""
        directory.mkdir()
        cards = ShopCards(directory, "EUR")
        made = {"road": self._road, "reader": self._bus, "cards": cards.known}
        bench = Bench(self._runtime, directory=directory, **made)  # type: ignore[arg-type]
        database = ShopDatabase(f"sqlite:///{directory}/shop.db")
        async with bench:
            register = await asyncio.to_thread(Register, bench.board.line.path, database, "3")
            try:
                order = 1000
                while waiting:
                    order += 1
                    case = waiting.pop()
                    await self._try(case, str(order), bench, cards, register, database)
            finally:
                await asyncio.to_thread(register.close)
            self._wrong += bench.board.resets

    async def _try(
        self,
        case: Case,
        order: str,
        bench: Bench,
        cards: ShopCards,
        register: Register,
        database: ShopDatabase,
    ) -> None:
        """One sale with its fault; what came of it is counted."""
        began = time.monotonic()
        taps, why = 0, ""
        try:
            async with asyncio.timeout(_DEADLINE):
                await _until(register, "reader", "ready")
                await _until(register, "lacks", "")
                await asyncio.to_thread(register.start_payment, order, _AMOUNT, "EUR", "tap")
                taps = await _tapped(case, order, bench, cards, register)
        except (TimeoutError, RegisterError) as error:
            why = repr(error)
        took = time.monotonic() - began
        self._tried[case.fault] += 1
        self._again[case.fault] += taps > 1
        self._longest[case.fault] = max(took, self._longest.get(case.fault, 0))
        if why or database.sale(register.name, order) is None:
            self._wrong += 1
            print(f"  WRONG: {case.name}: {why or 'not paid'}", flush=True)
            await _cleared(order, register)

    def _report(self, count: int) -> None:
        """The table, and the last line."""
        print(f"{'fault':<10} {'tried':>6} {'tapped again':>13} {'longest':>8}")
        for fault in sorted(self._tried):
            again, longest = self._again[fault], self._longest[fault]
            print(f"{fault:<10} {self._tried[fault]:>6} {again:>13} {longest:>6.1f} s")
        print(f"tap-faults: {count} sales, {count - self._wrong} paid once, {self._wrong} not")


async def _tapped(
    case: Case, order: str, bench: Bench, cards: ShopCards, register: Register
) -> int:
    """Hold a card to the reader until the sale is paid; how often that was."""
    board = bench.board
    assert board.reader is not None and board.field is not None
    card = cards.card(case.card, True)
    board.reader.model.faults.at(case.direction, case.frame, case.fault)
    try:
        for taps in range(1, _TAPS + 1):
            board.field.put(card)
            while (state := await _state(register)) not in ("again", "paid"):
                await asyncio.sleep(_LOOK)
            board.field.take_away()
            await asyncio.sleep(_HAND)
            if state == "paid":
                await asyncio.to_thread(register.wait_for_result, order, _READY)
                return taps
            await _until(register, "state", "tap")
        return _TAPS
    finally:
        board.reader.model.faults.clear()
        board.field.take_away()


async def _cleared(order: str, register: Register) -> None:
    """Have the display ready for the next sale."""
    with contextlib.suppress(RegisterError):  # it has ended
        await asyncio.to_thread(register.cancel, order)


async def _until(register: Register, name: str, wanted: str) -> None:
    while (await asyncio.to_thread(register.info))[name] != wanted:
        await asyncio.sleep(_LOOK)


async def _state(register: Register) -> str:
    return str((await asyncio.to_thread(register.info))["state"])


if __name__ == "__main__":
    sys.exit(main())
