"""What the display adds to each command that the backend puts to a card: `make bench-taps`.

Bank cards are tapped on a board on MicroPython's Unix port; the card itself takes no time, and the
backend asks each of them more than it needs. `python -m tools.bench_taps` prints for each road and
bus the time from one answer of the backend to the next word that it hears, and the display's own
time on a processor meanwhile (Linux: /proc/PID/schedstat). What it takes for waiting as long (its
clock, and the Unix port's poll of a TLS connection, each millisecond) is measured while the backend
is slow, and stands apart; so does what the calls of SPI and I2C cost here, which are C on the chip
(probe.py measures one). The first commands of a tap are left out, as the panel is drawn then.
"""

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from host_sim.bench import Bench
from host_sim.board import Board
from host_sim.cards.emv import EmvCard
from host_sim.gateway import taps
from host_sim.gateway.kernel import Kernel
from host_sim.gateway.ledger import Answer
from host_sim.gateway.verdict import Apdu, Step
from host_sim.reader.field import HAND_SECONDS
from host_sim.reader.wiring import BUSES
from tools.register import Register, ShopDatabase

_PROBE = Path(__file__).parent / "probe.py"
_SAID = re.compile(r"bus: (\d+) (\S+)\n")
_ROADS = ("mqtts", "https")
_SECONDS = 20
_GOAL_MS = 3.0
_MORE = 80
_LEFT_OUT = 20
_SLOW_FROM = 60
_SLOW_SECONDS = 0.2
_FIRST_RECORD = bytes.fromhex("00b2010c00")


@dataclass
class _Tap:
    """What was seen of one tap."""

    words: list[tuple[float, float, int, int]] = field(default_factory=list)
    """Of each word of the display: when it came, when it was answered, the display's processor time
    by then, in ns, and how many calls of the reader's bus it had made; from _SLOW_FROM on the
    answers were slow."""

    def added_ms(self) -> list[float]:
        """Of each command: from the backend's answer to the next word."""
        words = self.words[_LEFT_OUT:_SLOW_FROM]
        return [1000 * (after[0] - before[1]) for before, after in pairwise(words)]

    def taken_ms(self) -> tuple[float, float]:
        """The display's own time, a command, and that of waiting as long as one takes."""
        quick = _a_command(self.words[_LEFT_OUT:_SLOW_FROM])
        slow = _a_command(self.words[_SLOW_FROM + 1 : _MORE])
        waiting = (slow[1] - quick[1]) / (slow[0] - quick[0]) * quick[0]
        return quick[1] - waiting, waiting

    def calls(self) -> float:
        """Calls of the reader's bus, a command."""
        words = self.words[_LEFT_OUT:_SLOW_FROM]
        return (words[-1][3] - words[0][3]) / (len(words) - 1)


def _a_command(words: list[tuple[float, float, int, int]]) -> tuple[float, float]:
    """Milliseconds from one word to the next, and of the display's processor time."""
    (began, _, spent, _), (ended, _, at_the_end, _) = words[0], words[-1]
    commands = len(words) - 1
    return 1000 * (ended - began) / commands, (at_the_end - spent) / 1e6 / commands


class _Curious(Kernel):
    """A kernel that first asks for a card's first record again and again."""

    _times = 0
    _fci = b""

    def start(self, fci: bytes) -> Step:
        """Begin to ask; what the kernel begins with comes last."""
        self._fci = fci
        return self._more()

    def next(self, response: bytes) -> Step:
        """Ask once more, or go on."""
        return self._more() if self._fci else super().next(response)

    def _more(self) -> Step:
        self._times += 1
        if self._times > _MORE:
            fci, self._fci = self._fci, b""
            return super().start(fci)
        return Apdu(_FIRST_RECORD)


class _Watch:
    """Stands between the backend and its taps."""

    def __init__(self, bench: Bench) -> None:
        self.tap = _Tap()
        self._bench = bench
        self._calls = 0
        reader = bench.board.reader
        assert reader is not None
        for name in ("spi", "i2c_write", "i2c_read"):
            setattr(reader, name, self._counted(getattr(reader, name)))
        if reader.select is not None:
            reader.pin = self._counted(reader.pin, reader.select)  # type: ignore[method-assign]
        self._answer = bench.gateway.taps.answer
        bench.gateway.taps.answer = self._heard  # type: ignore[method-assign]

    def _counted(self, call: Callable[..., Any], first: int | None = None) -> Callable[..., Any]:
        """Count calls; first: only those of which it is the first argument."""

        def counted(*arguments: Any) -> Any:
            self._calls += first is None or arguments[0] == first
            return call(*arguments)

        return counted

    def _heard(self, word: dict, of: str | None = None) -> Answer:
        came = time.perf_counter()
        spent = processor_time(self._bench.board.process)
        answer = self._answer(word, of)
        slow = _SLOW_FROM <= len(self.tap.words) < _MORE
        self._bench.gateway.faults.slow = _SLOW_SECONDS if slow else 0.0
        self.tap.words.append((came, time.perf_counter(), spent, self._calls))
        return answer


def processor_time(process: int) -> int:
    """What a process has had of processors, in ns."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench_taps", description=__doc__.splitlines()[0])
    parser.add_argument("--taps", type=int, default=30, help="for each road and bus")
    arguments = parser.parse_args()
    print("road   bus  taps  added ms: median  p90   own ms: median  p90   bus ms   waiting ms")
    worst = 0.0
    for road, bus in product(_ROADS, BUSES):
        worst = max(worst, _print(road, bus, *asyncio.run(_measured(road, bus, arguments.taps))))
    print(f"bench-taps: {worst:.1f} ms of the display's own time a command (goal: {_GOAL_MS:g})")
    return 0


def _print(road: str, bus: str, seen: list[_Tap], call_ms: float) -> float:
    """A line of the table; the median of the display's own time. call_ms: what a call of the
    reader's bus costs."""
    added = sorted(milliseconds for tap in seen for milliseconds in tap.added_ms())
    own = sorted(tap.taken_ms()[0] - tap.calls() * call_ms for tap in seen)
    apart = (
        statistics.median(tap.calls() for tap in seen) * call_ms,
        statistics.median(tap.taken_ms()[1] for tap in seen),
    )
    figures = (statistics.median(added), _p90(added), statistics.median(own), _p90(own), *apart)
    cells = "{:>17.1f} {:>4.1f} {:>16.2f} {:>4.2f} {:>8.2f} {:>12.2f}".format(*figures)
    print(f"{road:<6} {bus:<4} {len(seen):>4} {cells}", flush=True)
    return figures[2]


def _p90(values: list[float]) -> float:
    return values[len(values) * 9 // 10]


async def _measured(road: str, bus: str, count: int) -> tuple[list[_Tap], float]:
    """Taps of bank cards, one after the other, and what a call of the bus costs, in ms."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        bench = Bench("micropython", directory=directory, road=road, reader=bus, probe=_PROBE)
        database = ShopDatabase(f"sqlite:///{directory}/shop.db")
        async with bench:
            register = await asyncio.to_thread(Register, bench.board.line.path, database, "3")
            try:
                await _ready(register)
                watch = _Watch(bench)
                taps.Kernel = _Curious  # type: ignore[misc]
                seen = [await _tap(bench, register, watch, str(1 + at)) for at in range(count)]
                return seen, await _cost_of_a_call(bench.board)
            finally:
                await asyncio.to_thread(register.close)
                database.close()


async def _cost_of_a_call(board: Board) -> float:
    """What the board's probe has measured, in ms; 0 on a bus of which it measures none."""
    (board.log.parent / "measure").touch()
    async with asyncio.timeout(_SECONDS):
        while not (said := _SAID.search(board.log.read_text())):
            await asyncio.sleep(0.05)
    calls, seconds = int(said[1]), float(said[2])
    return 1000 * seconds / calls if calls else 0.0


async def _ready(register: Register) -> None:
    async with asyncio.timeout(_SECONDS):
        while not _is_ready(await asyncio.to_thread(register.info)):
            await asyncio.sleep(0.05)


def _is_ready(info: dict) -> bool:
    return not info["lacks"] and info["reader"] == "ready"


async def _tap(bench: Bench, register: Register, watch: _Watch, order: str) -> _Tap:
    """One sale; what was seen of its tap."""
    watch.tap = _Tap()
    await asyncio.to_thread(register.start_payment, order, 1234, "EUR", "tap")
    assert bench.board.field is not None
    bench.board.field.put(EmvCard())
    result = await asyncio.to_thread(register.wait_for_result, order, _SECONDS)
    if result["outcome"] != "paid":
        raise SystemExit(f"bench-taps: the sale ended {result['outcome']}")
    bench.board.field.take_away()
    await asyncio.sleep(HAND_SECONDS)
    return watch.tap


if __name__ == "__main__":
    sys.exit(main())
