"""A counter whose services can fail: a board of the bench, its register, and relays between."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_sim.bench import Bench
from host_sim.broker import Mosquitto
from host_sim.service import LOOPBACK
from tools.outages.proxy import Proxy
from tools.register import Register, ShopDatabase

REGISTER = "3"
_SECONDS = 40.0
_TO_NOTICE = 0.3
"""Until a board has noticed that a connection was cut."""


@dataclass(frozen=True)
class Kind:
    """What a site is like."""

    road: str
    proxied: bool = False
    """Whether its connections go by relays."""
    charges: str = "display"
    qr_seconds: int = 120


@dataclass
class Heard:
    """What the register heard of an order, and when."""

    at: float
    name: str
    content: dict


class Site:
    """One counter, with all that a sale needs and all that may fail."""

    def __init__(self, kind: Kind, runtime: str, directory: Path, **options: Any) -> None:
        """options: of Bench, and settings."""
        self.kind = kind
        self.directory = directory
        self.bench = Bench(
            runtime,
            directory=directory,
            on_event=self._event,
            road=kind.road,
            broker="mosquitto",
            charges=kind.charges,
            qr_seconds=kind.qr_seconds,
            **options,
        )
        self.database = ShopDatabase(f"sqlite:///{directory}/shop.db")
        self.on_event: Callable[[str], None] = lambda _: None
        """Hears what happens at the backend, as the bench words it."""
        self.heard: list[Heard] = []
        self.changed = asyncio.Event()
        self.relays: list[Proxy] = []
        """Between the board and what it connects to, and from the backend to the board."""
        if kind.proxied:
            self._put_relays_between()
        self.register: Register

    @property
    def broker(self) -> Mosquitto:
        """The broker; not on a road without one."""
        assert isinstance(self.bench.broker, Mosquitto)
        return self.bench.broker

    def _put_relays_between(self) -> None:
        if self.bench.broker:
            self._put_relay("broker", self.bench.broker.port)
            return
        self._put_relay("backend", self.bench.backend.port)
        pushes = Proxy(self.bench.endpoint_port)
        self.relays.append(pushes)
        self.bench.gateway.route = lambda _, __: (LOOPBACK, pushes.port)

    def _put_relay(self, setting: str, port: int) -> None:
        relay = Proxy(port)
        self.relays.append(relay)
        scheme = str(self.bench.settings[setting]).partition(":")[0]
        self.bench.settings[setting] = f"{scheme}://{LOOPBACK}:{relay.port}"

    def at_backend(self, code: str) -> str:
        """Where a phone opens a code: it is in no network of the shop, so no relay is between."""
        if "/P/" not in code:
            return code
        return f"{self.bench.backend.url}/P/{code.rpartition('/')[2]}"

    # What happens.

    def _event(self, words: str) -> None:
        self.on_event(words)
        self.changed.set()

    def _hear(self, heard: Heard) -> None:
        self.heard.append(heard)
        self.changed.set()

    async def until(self, ready: Callable[[], Any], seconds: float = _SECONDS) -> Any:
        """Wait until ready() is something, and return it; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not (value := ready()):
                self.changed.clear()
                await self.changed.wait()
        return value

    async def end_dead_connections(self) -> None:
        """End what no side knows to be dead: the next sale's trouble is to be its own."""
        if sum(relay.end_dead() for relay in self.relays):
            await asyncio.sleep(_TO_NOTICE)
            await self.until_ready()

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call something of the register's that waits, in a thread."""
        return await asyncio.to_thread(function, *arguments)

    async def until_ready(self, seconds: float = _SECONDS) -> None:
        """Wait until a sale by code can complete; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while (await self.call(self.register.info))["lacks"]:
                await asyncio.sleep(0.05)

    # Its life.

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Site"]:
        """Everything is on, and ready for a sale."""
        for relay in self.relays:
            await relay.accept()
        async with self.bench:
            self.register = await self.call(self._open_register, asyncio.get_running_loop())
            try:
                await self.until_ready()
                yield self
            finally:
                await self.call(self.register.close)
                self.database.close()
                for relay in self.relays:
                    relay.refuse()

    def _open_register(self, loop: asyncio.AbstractEventLoop) -> Register:
        def listen(name: str, content: dict) -> None:
            heard = Heard(time.monotonic(), name, content)
            loop.call_soon_threadsafe(self._hear, heard)

        line, baud = self.bench.board.line.path, int(str(self.bench.settings["till_baud"]))
        return Register(line, self.database, REGISTER, baud, listen)
