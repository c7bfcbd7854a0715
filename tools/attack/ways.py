"""The ways by which a body reaches a board: over HTTP, and through a broker."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Set
from pathlib import Path
from typing import Protocol

import httpx

from host_sim.bench import DEVICE, Bench
from host_sim.broker import Mosquitto
from tools.attack.tally import ACCEPTED

Counters = Callable[[], dict]
"""What the board counts, by INFO."""
SECONDS = 20
_LOOK_SECONDS = 0.005
_CLIENT = f"tillqr-{DEVICE}"


class Way(Protocol):
    """How a body reaches the board."""

    name: str
    own: Set[str]
    """Names that it refuses with, beside those of receipts."""
    most: int
    """Bytes that it takes; more would end it."""

    async def deliver(self, body: bytes) -> str:
        """ACCEPTED, or the name of what refused the body."""

    async def close(self) -> None:
        """Let go of it."""


MakeWay = Callable[[Bench, Counters], Way]
"""Makes a way to the board of a bench."""


class Http:
    """To the board's own endpoint (PROTOCOL.md, 9)."""

    name = "HTTP"
    own: Set[str] = frozenset({"body_too_large"})  # which refuses a body before it is looked at
    most = 1 << 16

    def __init__(self, bench: Bench, _: Counters) -> None:
        self._client = httpx.AsyncClient(trust_env=False)
        self._url = f"{bench.endpoint}/result"

    async def deliver(self, body: bytes) -> str:
        """As Way's; again if the board turns a connection away, as the backend does."""
        headers = {"Content-Type": "application/json"}
        async with asyncio.timeout(SECONDS):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await self._client.post(self._url, content=body, headers=headers)
                    return ACCEPTED if answer.status_code == 200 else answer.json()["error"]
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        """As Way's."""
        await self._client.aclose()


class Broker:
    """On the board's topic at a real broker, as the backend publishes (PROTOCOL.md, 11).

    A publisher hears of no judgement. The broker's log tells when the board has acknowledged a
    message, which it does when it has judged it; what the judgement was, its counters tell.
    """

    name = "MQTT"
    own: Set[str] = frozenset({"dropped"})
    most = 1024

    def __init__(self, bench: Bench, counters: Counters) -> None:
        assert isinstance(bench.broker, Mosquitto) and bench.gateway.link
        self._link = bench.gateway.link
        self._acknowledged = _Acknowledged(bench.broker.log)
        self._counters = counters
        self._before: dict = {}

    async def deliver(self, body: bytes) -> str:
        """As Way's; "dropped" if nothing was counted."""
        if not self._before:
            self._before = await asyncio.to_thread(self._counters)
        judged = self._acknowledged.results() + 1
        self._link.send(DEVICE, "result", body)
        async with asyncio.timeout(SECONDS):
            while self._acknowledged.results() < judged:
                await asyncio.sleep(_LOOK_SECONDS)
        now = await asyncio.to_thread(self._counters)
        counted = (name for name in now if now[name] != self._before.get(name, 0))
        said = " ".join(name for name in counted if not name.startswith("link_"))
        self._before = now
        return {"receipt_accepted": ACCEPTED, "": "dropped"}.get(said, said)

    async def close(self) -> None:
        """As Way's."""
        self._acknowledged.close()


class _Acknowledged:
    """What the board has acknowledged, by the broker's log."""

    _LINE = re.compile(
        rf"(?:Sending PUBLISH to {_CLIENT} \(.*, m(\d+), 'till/{DEVICE}/result'"
        rf"|Received PUBACK from {_CLIENT} \(Mid: (\d+))"
    )

    def __init__(self, log: Path) -> None:
        self._file = log.open()
        self._sent: set[str] = set()
        self._count = 0

    def results(self) -> int:
        """How many messages on the topic of results, so far."""
        for line in self._file:
            if found := self._LINE.search(line):
                if found[1]:
                    self._sent.add(found[1])
                elif found[2] in self._sent:
                    self._sent.remove(found[2])
                    self._count += 1
        return self._count

    def close(self) -> None:
        """Let go of the log."""
        self._file.close()
