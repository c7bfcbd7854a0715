"""The pass-through measured: random bytes both ways at once, and what a byte's way takes.

`make bench-passthrough` (python -m tools.bench_passthrough) sends 10 MB each way through a
simulated display at 115,200 baud, compares what arrives, and prints the latency that the display
adds: from a byte's arrival at its one UART to its leaving by the other. It fails if a byte is lost,
doubled or changed, or if the median is over the goal.
"""

import argparse
import asyncio
import collections
import hashlib
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import serial

from host_sim.bench import Bench
from host_sim.board import ROOT, RUNTIMES
from host_sim.uart_line import UartLine
from tools.register import Register
from tools.register.aside import NoDatabase

GOAL_MS = 2.0
_BLOCK = 64
_BLOCKS = 300
_READ_SECONDS = 5.0
"""So long nothing comes: what is missing is lost."""


class Stream:
    """Random bytes from one port to another."""

    def __init__(
        self, source: serial.SerialBase, target: serial.SerialBase, size: int, seed: int
    ) -> None:
        self._source, self._target = source, target
        self._size = size
        self._seed = seed
        self._sent, self._heard = hashlib.sha256(), hashlib.sha256()
        self.received = 0
        self._threads = [threading.Thread(target=one) for one in (self._write, self._read)]

    def start(self) -> None:
        """Begin, in threads."""
        for thread in self._threads:
            thread.start()

    def join(self) -> bool:
        """Wait for the end; whether all arrived as it was."""
        for thread in self._threads:
            thread.join()
        return self.received == self._size and self._sent.digest() == self._heard.digest()

    def _write(self) -> None:
        chance = random.Random(self._seed)
        left = self._size
        while left:
            data = chance.randbytes(min(left, 512))
            self._sent.update(data)
            self._source.write(data)
            left -= len(data)

    def _read(self) -> None:
        quiet = time.monotonic()
        while self.received < self._size and time.monotonic() - quiet < _READ_SECONDS:
            data = self._target.read(_BLOCK)
            if data:
                quiet = time.monotonic()
                self._heard.update(data)
                self.received += len(data)


class Meter:
    """What a display adds to bytes that enter it by one line and leave it by another."""

    def __init__(self, source: UartLine, target: UartLine) -> None:
        self._source, self._target = source, target
        self._inside: collections.deque[tuple[int, float]] = collections.deque()
        self._entered = self._left = 0
        self.samples: list[float] = []
        """Milliseconds, of each piece that entered."""

    def connect(self) -> None:
        """Begin to measure."""
        self._source.on_bytes = self._came
        self._target.on_bytes = self._went

    def _came(self, sender: str, size: int) -> None:
        if sender == "register":
            self._entered += size
            self._inside.append((self._entered, time.perf_counter()))

    def _went(self, sender: str, size: int) -> None:
        if sender == "board":
            self._left += size
            while self._inside and self._inside[0][0] <= self._left:
                came = self._inside.popleft()[1]
                self.samples.append((time.perf_counter() - came) * 1000)


def latencies(
    meter: Meter, source: serial.SerialBase, target: serial.SerialBase, baud: int, size: int
) -> list[float]:
    """Milliseconds that the display adds to blocks of some bytes, which come one by one; sorted."""
    chance = random.Random(size)
    target.timeout = 1
    meter.connect()
    for _ in range(_BLOCKS):
        data = chance.randbytes(size)
        source.write(data)
        heard = target.read(size)
        if heard != data:
            raise ValueError(f"{data.hex()} came as {heard.hex()}")
        time.sleep(size * 10 / baud)
    return sorted(meter.samples)


def measure(
    till: serial.SerialBase,
    machine: serial.SerialBase,
    lines: tuple[UartLine, UartLine],
    baud: int,
    size: int,
    say: Callable[[str], None],
) -> bool:
    """All of it, on lines that are joined; whether it is good."""
    good = True
    till.write(b"\0")  # the register speaks first
    machine.timeout = 1
    machine.read(1)
    ways = (("to the machine", till, machine, lines), ("back", machine, till, lines[::-1]))
    for words, source, target, between in ways:
        for length in (1, _BLOCK):
            found = latencies(Meter(*between), source, target, baud, length)
            middle, high = statistics.median(found), found[len(found) * 99 // 100]
            say(f"{words}, {length:3d} bytes: {middle:.2f} ms added, 99 % under {high:.2f} ms")
            good = good and middle < GOAL_MS
    till.timeout = machine.timeout = 0.05
    began = time.monotonic()
    streams = [Stream(till, machine, size, 1), Stream(machine, till, size, 2)]
    for stream in streams:
        stream.start()
    for words, stream in zip(("to the machine", "back"), streams, strict=True):
        same = stream.join()
        say(
            f"{words}: {stream.received:,} of {size:,} bytes, {'identical' if same else 'NOT same'}"
        )
        good = good and same
    seconds = time.monotonic() - began
    say(f"{seconds:.1f} s: {size * 10 / seconds / baud:.0%} of the line's speed, both ways at once")
    return good


async def run(
    runtime: str, directory: Path, baud: int, size: int, say: Callable[[str], None] = print
) -> bool:
    """Set up the display, measure, and look at its counters; whether all is good."""
    bench = Bench(runtime, directory=directory, till_baud=baud, machine="transparent")
    async with bench:
        port = bench.board.line.path
        register = await asyncio.to_thread(Register, port, NoDatabase(), "3", baud)
        machine = serial.serial_for_url(bench.board.machine_line.path, baud)
        try:
            await asyncio.to_thread(register.info)
            lines = (bench.board.line, bench.board.machine_line)
            good = await asyncio.to_thread(_through, register, machine, lines, baud, size, say)
            info = await asyncio.to_thread(register.info)
        finally:
            await asyncio.to_thread(register.close)
            machine.close()
    overruns = info["counters"].get("through_overrun", 0)
    say(f"overruns: {overruns}; resets of the board: {bench.board.resets}")
    return good and not overruns and not bench.board.resets


def _through(
    register: Register,
    machine: serial.SerialBase,
    lines: tuple[UartLine, UartLine],
    baud: int,
    size: int,
    say: Callable[[str], None],
) -> bool:
    with register.through() as port:
        return measure(port, machine, lines, baud, size, say)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench_passthrough", description=__doc__.splitlines()[0])
    parser.add_argument("--runtime", choices=RUNTIMES, default="micropython")
    parser.add_argument("--baud", type=int, default=115200)
    parser.add_argument("--bytes", type=int, default=10_000_000, help="each way (%(default)s)")
    arguments = parser.parse_args()
    directory = ROOT / "build" / "bench-passthrough"
    good = asyncio.run(run(arguments.runtime, directory, arguments.baud, arguments.bytes))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
