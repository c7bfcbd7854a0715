"""The fleet's day: all boards connect, sell, lose their broker while they sell, and lose their
connections while they sell.

In the storm some boards are away before the broker is killed, and the broker has not yet written
down what came for them: that is lost with it, and only their own question brings it.
"""

import asyncio
import contextlib
import math
import random
import secrets
import time
from collections.abc import Coroutine
from pathlib import Path

from host_sim.gateway.broker import Login
from host_sim.gateway.codes import Device
from host_sim.rights import BACKEND_USER
from tools.fleet.board import Board
from tools.fleet.broker import FleetBroker
from tools.fleet.shop import Shop
from tools.fleet.tally import Phase, Tally

_SALES_A_SECOND = 150
_SHORTEST = 1.0
_CONNECT_SECONDS = 20.0
_AWAY_SHARE = 0.1
_RESET_SHARE = 0.3
_DOWN_SECONDS = 0.5
_ON_ITS_WAY = 0.003
"""Seconds that a result takes, more or less."""
_LOOK_SECONDS = 0.02
Work = Coroutine[None, None, None]


class Fleet:
    """Boards, their broker and their backend."""

    def __init__(
        self, boards: int, seed: int, directory: Path, doubt: float, keeps: bool, patience: float
    ) -> None:
        """doubt: as Board's; keeps: as FleetBroker's; patience: seconds after which a result that
        has not come is lost."""
        self._rng = random.Random(seed)
        self._patience = patience
        self._seconds = max(_SHORTEST, boards / _SALES_A_SECOND)
        devices = [Device(f"F{number:04}", secrets.token_bytes(32)) for number in range(boards)]
        words = {device.name: secrets.token_urlsafe(12) for device in devices}
        words[BACKEND_USER] = secrets.token_urlsafe(12)
        self._broker = FleetBroker(directory, words, keeps)
        url = self._broker.url
        self._shop = Shop(devices, Login(url, words[BACKEND_USER], BACKEND_USER))
        told = (doubt, self._shop.accepted)
        self._boards = [Board(one, words[one.name], url, *told) for one in devices]
        self._tally = Tally(boards)
        self._cut: dict[str, float] = {}
        """When a board's connection was reset, of those whose is to be."""

    async def run(self) -> Tally:
        """The whole day."""
        await self._broker.start()
        self._shop.start()
        try:
            await self._phase("connect", self._connect())
            await self._phase("quiet", self._sell("quiet", 2))
            await self._phase("storm", self._sell("storm", 1), self._storm())
            await self._phase("resets", self._sell("resets", 1), self._resets())
        finally:
            await self._stop()
        return self._tally

    async def _stop(self) -> None:
        faults = await asyncio.gather(*(board.stop() for board in self._boards))
        for board, found in zip(self._boards, faults, strict=True):
            self._tally.complaints += [f"{board.name} ended: {fault}" for fault in found]
            self._tally.counters += board.counters
        await self._shop.stop()
        await self._broker.stop()
        self._tally.payments = list(self._shop.payments.values())
        self._tally.complaints += self._shop.faults

    async def _phase(self, name: str, *works: Work) -> None:
        """Carry out what belongs together, and count what it took."""
        phase = Phase(name)
        self._tally.phases.append(phase)
        resent, asked = self._broker.resent(), self._questions()
        await asyncio.gather(*works)
        now = self._broker.resent()
        phase.resent = (now[0] - resent[0], now[1] - resent[1])
        phase.questions = self._questions() - asked

    def _questions(self) -> int:
        return sum(board.questions for board in self._boards)

    # What happens.

    async def _connect(self) -> None:
        since = time.monotonic()
        for board in self._boards:
            board.start()
        await self._sessions({board.name: since for board in self._boards})

    async def _sell(self, phase: str, each: int) -> None:
        """Each board makes so many sales, one after the other; all of them at their own times."""
        sales = (self._sales(board, phase, each) for board in self._boards)
        await asyncio.gather(*sales)

    async def _sales(self, board: Board, phase: str, each: int) -> None:
        for number in range(each):
            await asyncio.sleep(self._rng.uniform(0, self._seconds))
            order = f"{phase}-{number}"
            nonce = self._rng.randbytes(12).hex()
            attempt, code = board.show(nonce, order, self._rng.randint(1, 10**6))
            self._shop.scan(code)
            await asyncio.sleep(self._rng.uniform(0, self._seconds / 4))
            self._shop.pay(board.name, attempt.nonce, phase)
            if board.name in self._cut:
                await self._cut_off(board)
            with contextlib.suppress(TimeoutError):  # it is lost, which the tally tells
                await asyncio.wait_for(board.result(), self._patience)

    async def _storm(self) -> None:
        """Some boards leave; the broker is killed; it comes again, and then they do."""
        away = self._some(_AWAY_SHARE)
        await asyncio.sleep(self._seconds / 4)
        for board in away:
            board.network.open = False
            board.network.reset()
        await asyncio.sleep(self._seconds / 4)
        await self._broker.kill()
        await asyncio.sleep(_DOWN_SECONDS)
        await self._broker.start()
        since = time.monotonic()
        for board in away:
            board.network.open = True
        await self._sessions({board.name: since for board in self._boards})

    async def _resets(self) -> None:
        """Some boards' connections are reset, each when a result is about to come."""
        self._cut = dict.fromkeys((board.name for board in self._some(_RESET_SHARE)), math.inf)
        await self._sessions(self._cut)

    async def _cut_off(self, board: Board) -> None:
        await asyncio.sleep(self._rng.uniform(0, _ON_ITS_WAY))
        self._cut[board.name] = time.monotonic()
        board.network.reset()

    def _some(self, share: float) -> list[Board]:
        return self._rng.sample(self._boards, max(1, round(share * len(self._boards))))

    async def _sessions(self, since: dict[str, float]) -> None:
        """Wait until boards have sessions that are later than a time of each one's own, and the
        backend has one too."""
        phase = self._tally.phases[-1]
        waiting = [board for board in self._boards if board.name in since]
        try:
            async with asyncio.timeout(2 * self._seconds + _CONNECT_SECONDS):
                while waiting or not self._shop.connected:
                    await asyncio.sleep(_LOOK_SECONDS)
                    there = [one for one in waiting if one.session_at > since[one.name]]
                    phase.connects += [one.session_at - since[one.name] for one in there]
                    waiting = [one for one in waiting if one not in there]
        except TimeoutError:
            who = f"{len(waiting)} boards" if waiting else "the backend"
            self._tally.complaints.append(f"{phase.name}: {who} had no session in time")
