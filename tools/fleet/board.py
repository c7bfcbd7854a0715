"""A board without panel, register and chip: the firmware's own book of attempts, backend and broker
on CPython. What it leaves out, the display, is here as far as results concern it."""

import asyncio
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable

import boot
from tillqr.net.backend import Backend
from tillqr.net.broker import Broker
from tillqr.net.server import Server
from tillqr.sale import mac, receipt
from tillqr.sale.attempts import Attempt, Attempts
from tillqr.sale.journal import Journal
from tillqr.sale.payment_code import Sender

from host_sim.gateway.codes import Device
from host_sim.segments import MemorySegments

boot.add_names()
_HURRIED_MS, _PATIENT_MS = 2000, 30_000  # as display.py has them
_STOP_SECONDS = 0.5
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: a socket that is closed resets its connection."""


class Network:
    """The board's Wi-Fi, path and socket: what may be taken from it."""

    def __init__(self) -> None:
        self.open = True
        self.connections = 1
        self.address = "127.0.0.1"
        self._writer: asyncio.StreamWriter | None = None

    def reset(self) -> None:
        """End the connection in the midst of whatever is on it."""
        if self._writer is not None and not self._writer.is_closing():
            own = self._writer.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._writer.transport.abort()

    def keep(self, writer: asyncio.StreamWriter) -> None:
        """A new connection was made."""
        self._writer = writer


class _Server(Server):
    """The firmware's own, whose connections can be reset."""

    def __init__(self, url: str, network: Network) -> None:
        super().__init__(url, 1883, network, None)  # type: ignore[arg-type]
        self._network = network

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """As Server's."""
        reader, writer = await super().open()
        self._network.keep(writer)
        return reader, writer


class Codes:
    """What the firmware's has made, without loading and unloading it for each of many boards."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def code(self, attempt: Attempt, address: tuple[str, int]) -> str:
        """What a code says."""
        return self._sender.code(attempt, address)

    def question(self, attempt: Attempt, address: tuple[str, int]) -> dict:
        """What to ask the backend about an attempt."""
        return self._sender.query(self.code(attempt, address), attempt.question)


class Board:
    """One board; it shows one code at a time."""

    def __init__(
        self,
        device: Device,
        password: str,
        url: str,
        doubt: float,
        accepted: Callable[[Attempt, bytes], None],
    ) -> None:
        """url: the broker's; doubt: seconds after which a shown code is asked about, 0 for a board
        that never asks; accepted(attempt, body) is told of each receipt that counts."""
        self.name = device.name
        self.network = Network()
        self.counters: Counter[str] = Counter()
        self.questions = 0
        self.session_at = 0.0
        """When its latest session began, by the monotonic clock."""
        self._doubts_after = doubt
        self._accepted = accepted
        self._shown: Attempt | None = None
        self._settled = asyncio.Event()
        self._had_session = False
        key = mac.Key(device.key, device.key_number)
        journal = Journal(MemorySegments())  # type: ignore[arg-type]
        self._book = Attempts(self.name, [key], [], journal)
        self._codes = Codes(Sender(self.name, bytes(6), "Corner Shop", key))
        self._join(url, password)
        self._tasks: list[asyncio.Task[None]] = []

    def _join(self, url: str, password: str) -> None:
        """Make the channel to the backend; this stands for the display."""
        parts = (self._codes, self._book, self.network, 0, self, self._count)
        self._backend = Backend(*parts)  # type: ignore[arg-type]
        server, start = _Server(url, self.network), random.randbytes(8).hex()
        told = (self.name, password, start, self._backend, self, self._count)
        self._broker = Broker(server, self.network, *told)  # type: ignore[arg-type]
        self._backend.channel = self._broker

    def start(self) -> None:
        """Switch it on."""
        runs = (self._broker.run(), self._backend.run())
        self._tasks = [asyncio.create_task(run) for run in runs]

    async def stop(self) -> list[str]:
        """Switch it off; what its tasks ended with, which must never end."""
        faults = [repr(task.exception()) for task in self._tasks if task.done()]
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()  # again: wait_for forgets it if what it waits for comes just then
            _, running = await asyncio.wait(running, timeout=_STOP_SECONDS)
        return faults

    @property
    def connected(self) -> bool:
        """Whether there is a session with the broker."""
        return self._broker.lacks != "broker"

    # A sale.

    def show(self, nonce: str, order: str, amount: int) -> tuple[Attempt, str]:
        """Show the code of a new attempt: the attempt, and what the code says."""
        self._settled.clear()
        self._shown = self._book.open(nonce, order, "3", amount, "EUR")
        return self._shown, self._codes.code(self._shown, (self.network.address, 0))

    async def result(self) -> None:
        """Wait for the result of what is shown, and ask for it now and then as a display does."""
        while not self._settled.is_set():
            try:
                await asyncio.wait_for(self._settled.wait(), self._doubts_after or None)
            except TimeoutError:
                self._doubt()

    def _doubt(self) -> None:
        """A result may have been missed: ask for it, if any is awaited."""
        if self._shown is not None and self._doubts_after:
            self._shown.question = "ask"
            self.questions += 1
            self._backend.ask()

    # What the backend and the broker ask of a display.

    def accept(self, body: bytes) -> tuple[int, dict]:
        """Judge a receipt, as a display does: the HTTP status and the answer."""
        try:
            attempt = self._book.accept(receipt.parse(body))
        except receipt.Rejected as rejected:
            self._count(rejected.name)
            return 409, {}
        self._book.deliver(attempt)
        self._accepted(attempt, body)
        if attempt is self._shown:
            self._shown = None
            self._settled.set()
        return 200, {}

    def still_open(self, attempt: Attempt) -> None:
        """Nobody has paid an attempt yet: it is asked about again when it is time."""

    def longest_pause(self) -> int:
        """Milliseconds between two tries to connect: fewer while a customer waits."""
        return _HURRIED_MS if self._shown is not None else _PATIENT_MS

    def path_changed(self) -> None:
        """There is a session, or none any more, or the backend came or went."""
        if self.connected and not self._had_session:
            self.session_at = time.monotonic()
        self._had_session = self.connected
        if not self._broker.lacks:
            self._doubt()

    def _count(self, name: str) -> None:
        self.counters[name] += 1
