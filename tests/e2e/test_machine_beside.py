"""A card machine on the register's own line: one payment an order, whoever takes it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from host_sim.board import RUNTIMES
from host_sim.cable import Cable
from host_sim.card_machine import CardMachine, Memory
from host_sim.phone import PhoneError
from tests.e2e.counter import Counter, counter, pay
from tools.register import Refused
from tools.register import machine as till_machine

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)
MONEY = ("1001", 1234, "EUR")


class Beside:
    """A counter with a machine on the register's second port."""

    def __init__(self, shop: Counter, cable: Cable) -> None:
        self.shop = shop
        self.till_port = cable.ends[0]
        self.line = till_machine.CardMachine(self.till_port, shop.database, "3")
        self.memory = Memory()
        self._port = cable.ends[1]
        self.machine = self._on()
        self._paying: list[asyncio.Task[dict]] = []

    def _on(self) -> CardMachine:
        return CardMachine(self._port, b"k" * 32, memory=self.memory)

    async def restart_machine(self) -> None:
        """Switch the machine off and on."""
        await self.shop.call(self.machine.close)
        self.machine = self._on()

    def pay(self) -> asyncio.Task[dict]:
        """The register has the order paid."""
        calls = (self.shop.register, self.line)
        paying = asyncio.create_task(self.shop.call(till_machine.pay_beside, *calls, *MONEY, 20))
        self._paying.append(paying)
        return paying

    async def close(self) -> None:
        """Nothing of it outlives a test that failed."""
        for paying in self._paying:
            paying.cancel()
        for end in (self.line, self.machine):
            await asyncio.to_thread(end.close)
        await asyncio.gather(*self._paying, return_exceptions=True)

    async def asked(self) -> dict:
        """What the machine asks for, once it does."""
        return dict(await self.shop.call(self.machine.wait_for_payment))


@contextlib.asynccontextmanager
async def beside(runtime: str, directory: Path) -> AsyncIterator[Beside]:
    async with counter(runtime, directory) as shop:
        cable = Cable()
        cable.start()
        made = Beside(shop, cable)
        try:
            yield made
        finally:
            await made.close()
            cable.stop()


@runtimes
async def test_a_code_is_withdrawn_when_the_machine_has_the_money(
    runtime: str, tmp_path: Path
) -> None:
    async with beside(runtime, tmp_path) as counter:
        shop = counter.shop
        paying = counter.pay()
        await counter.asked()
        shop.bench.board.press("qr_key")
        code = await shop.bench.code_on_panel()
        await shop.call(counter.machine.approve)
        result = await paying
        assert (result["outcome"], result["told"]) == ("paid", True)
        await shop.until(lambda info: info["state"] == "paid")
        await shop.until(lambda info: info["counters"].get("receipt_accepted") == 1)  # closed
        with pytest.raises(PhoneError):
            await pay(code)
        for _ in range(2):  # the register refuses, and so does the display
            with pytest.raises(Refused, match="already_paid"):
                await shop.call(shop.register.start_payment, *MONEY)
            shop.register._database.sale = lambda *_: None  # type: ignore[method-assign]
        outcomes = [row["outcome"] for row in shop.database.attempts("3", "1001")]
        assert sorted(outcomes) == ["cancelled", "paid"]


@runtimes
async def test_the_machine_is_cancelled_when_the_code_is_paid(runtime: str, tmp_path: Path) -> None:
    async with beside(runtime, tmp_path) as counter:
        shop = counter.shop
        paying = counter.pay()
        await counter.asked()
        shop.bench.board.press("qr_key")
        await pay(await shop.bench.code_on_panel())
        result = await paying
        assert (result["outcome"], len(counter.memory.charged)) == ("paid", 0)
        outcomes = [row["outcome"] for row in shop.database.attempts("3", "1001")]
        assert sorted(outcomes) == ["cancelled", "paid"]


@runtimes
async def test_money_from_both_is_one_sale_and_one_refund(runtime: str, tmp_path: Path) -> None:
    async with beside(runtime, tmp_path) as counter:
        shop = counter.shop
        paying = counter.pay()
        await counter.asked()
        counter.machine.committed = True
        shop.bench.board.press("qr_key")
        await pay(await shop.bench.code_on_panel())
        await shop.result()
        await shop.call(counter.machine.approve)
        assert (await paying)["outcome"] == "paid"
        rows = shop.database.attempts("3", "1001")
        assert [row["outcome"] for row in rows] == ["paid", "late"]
        assert (shop.database.sale("3", "1001") or {})["attempt"] == rows[0]["attempt"]


async def test_a_machine_that_restarts_charges_once(tmp_path: Path) -> None:
    async with beside("cpython", tmp_path) as counter:
        paying = counter.pay()
        await counter.asked()
        await counter.restart_machine()
        await counter.asked()
        await counter.shop.call(counter.machine.approve)
        await counter.restart_machine()
        assert (await paying)["outcome"] == "paid"
        assert len(counter.memory.charged) == 1
        assert len(counter.shop.database.attempts("3", "1001")) == 1


async def test_the_next_register_hears_what_the_last_one_did_not(tmp_path: Path) -> None:
    async with beside("cpython", tmp_path) as counter:
        shop = counter.shop
        paying = counter.pay()
        await counter.asked()
        await shop.call(counter.line.close)  # the register dies
        paying.cancel()
        await shop.call(counter.machine.approve)
        assert shop.database.sale("3", "1001") is None
        counter.line = till_machine.CardMachine(counter.till_port, shop.database, "3")
        async with asyncio.timeout(10):
            while shop.database.sale("3", "1001") is None:
                await asyncio.sleep(0.05)
        with pytest.raises(Refused, match="already_paid"):
            await shop.call(counter.line.start_payment, *MONEY)
