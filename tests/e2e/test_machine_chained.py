"""A card machine through the display: whatever restarts, the card is charged once and told once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from host_sim.board import RUNTIMES
from host_sim.card_machine import CardMachine, Memory
from tests.e2e.counter import Counter, counter

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)


class Chained:
    """A counter with a machine on the display's second line."""

    def __init__(self, shop: Counter) -> None:
        self.shop = shop
        self.memory = Memory()
        self.machine = self.switched_on()

    def switched_on(self, key: bytes = b"") -> CardMachine:
        """The machine, which knows what it knew."""
        bench = self.shop.bench
        port, key = bench.board.machine_line.path, key or bench.machine_key
        self.machine = CardMachine(port, key, memory=self.memory)
        return self.machine

    async def unplug(self) -> None:
        """The machine is gone, with all its power."""
        await self.shop.call(self.machine.close)

    async def begin(self) -> dict:
        """PAY, and the machine's pay key; what it asks for."""
        shop = self.shop
        await shop.call(shop.register.start_payment, "1001", 1234, "EUR", None)
        self.machine.press_pay()
        asked = dict(await shop.call(self.machine.wait_for_payment))
        await self.state("machine")
        return asked

    async def state(self, name: str) -> None:
        """Wait for a state of the display."""
        await self.shop.until(lambda info: info["state"] == name, 30)

    def outcomes(self) -> list[str]:
        """What the database has of the order."""
        return [row["outcome"] for row in self.shop.database.attempts("3", "1001")]


@contextlib.asynccontextmanager
async def chained(runtime: str, directory: Path) -> AsyncIterator[Chained]:
    async with counter(runtime, directory, machine="link") as shop:
        made = Chained(shop)
        try:
            yield made
        finally:
            await asyncio.to_thread(made.machine.close)


@runtimes
@pytest.mark.parametrize("moment", ["working", "charged"])
async def test_the_display_restarts(runtime: str, moment: str, tmp_path: Path) -> None:
    async with chained(runtime, tmp_path) as till:
        board = till.shop.bench.board
        await till.begin()
        if moment == "working":
            board.kill()
            await till.state("machine")
            await till.shop.call(till.machine.approve)
        else:
            board.kill()
            await till.shop.call(till.machine.approve)
        assert (await till.shop.result())["outcome"] == "paid"
        await till.state("paid")
        assert (till.outcomes(), len(till.memory), len(till.memory.charged)) == (["paid"], 1, 1)
        assert board.resets == 1


@runtimes
async def test_the_machine_is_unplugged_and_comes_back(runtime: str, tmp_path: Path) -> None:
    async with chained(runtime, tmp_path) as till:
        await till.begin()
        await till.unplug()
        await till.state("unknown")
        assert till.outcomes() == []
        till.switched_on()
        await till.state("machine")
        await till.shop.call(till.machine.decline, "insufficient_funds")
        result = await till.shop.result()
        assert (result["outcome"], result["reason"]) == ("failed", "insufficient_funds")
        assert (till.outcomes(), till.memory.charged) == (["failed"], [])


@runtimes
async def test_cancelled_only_when_the_machine_says_so(runtime: str, tmp_path: Path) -> None:
    async with chained(runtime, tmp_path) as till:
        await till.begin()
        till.machine.committed = True
        await till.shop.call(till.shop.register.cancel, "1001")
        await till.state("unknown")
        await asyncio.sleep(1)
        assert till.outcomes() == []
        await till.shop.call(till.machine.approve)
        assert (await till.shop.result())["outcome"] == "paid"
        assert till.outcomes() == ["paid"]


async def test_a_cancel_outlives_the_display_s_power(tmp_path: Path) -> None:
    async with chained("cpython", tmp_path) as till:
        await till.begin()
        await till.unplug()
        await till.shop.call(till.shop.register.cancel, "1001")
        till.shop.bench.board.kill()
        await asyncio.sleep(0.5)
        till.switched_on()
        assert (await till.shop.result())["outcome"] == "cancelled"
        assert (till.outcomes(), till.memory.charged) == (["cancelled"], [])


async def test_a_machine_with_another_key_settles_nothing(tmp_path: Path) -> None:
    async with chained("cpython", tmp_path) as till:
        await till.unplug()
        till.switched_on(b"another machine's key, 32 bytes..")
        await till.begin()
        await till.shop.call(till.machine.approve)
        info = await till.shop.until(lambda info: "receipt_bad_mac" in info["counters"])
        assert (info["state"], till.outcomes()) == ("machine", [])
        assert till.machine.refused == ["receipt_bad_mac"]


async def test_a_counter_goes_on_without_a_machine_that_is_gone(tmp_path: Path) -> None:
    async with chained("cpython", tmp_path) as till:
        shop = till.shop
        await till.begin()
        await till.unplug()
        await till.state("unknown")
        for _ in range(2):
            await shop.call(shop.register.cancel, "1001")
        await till.state("idle")
        code = await shop.show_code("1002")
        await shop.pay(code)
        assert (await shop.result("1002"))["outcome"] == "paid"
        (payment,) = till.memory.values()
        till.switched_on().committed = True
        await shop.call(till.machine.approve)
        assert (await shop.result("1001"))["outcome"] == "paid"
        async with asyncio.timeout(5):
            while not payment.delivered:
                await asyncio.sleep(0.05)
        assert till.outcomes() == ["paid"]
