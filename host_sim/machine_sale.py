"""Sales at a card machine, for `make sale METHOD=...`."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator

from host_sim.bench import Bench
from host_sim.cable import Cable
from host_sim.card_machine import CardMachine
from host_sim.sale import Sale, SaleError
from tools.register import Register, ShopDatabase
from tools.register import machine as till_machine

_SECONDS = 30
_DIRECT_KEY = b"what a register does not look at"
"""Of a machine on the register's own line, which is trusted as the register's are."""


class DirectSale(Sale):
    """At a machine on a second port of the register (Fig. 3)."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        bench: Bench,
        register: Register,
        line: till_machine.CardMachine,
        machine: CardMachine,
    ) -> None:
        """line: the register's end of the machine's cable."""
        super().__init__(arguments, bench, register)
        self._line = line
        self._machine = machine
        self._paying: asyncio.Task[dict] | None = None

    async def _code(self) -> None:
        """No code is shown: the customer goes to the machine."""
        amount, currency = self._arguments.amount, self._arguments.currency
        ends = (self._register, self._line)
        work = asyncio.to_thread(
            till_machine.pay_beside, *ends, self._order, amount, currency, _SECONDS
        )
        self._paying = asyncio.create_task(work)
        await self._screen("choose")
        self._step("pay", f"PAY for order {self._order} taken; the customer may choose")
        asked = await asyncio.to_thread(self._machine.wait_for_payment)
        self._step("machine", f"the card machine asks for {asked['amount']} {asked['currency']}")

    async def _result(self) -> dict:
        assert self._paying is not None
        result = await self._paying
        if not result["told"]:
            raise SaleError("the display was not told what the card machine said")
        self._step(
            "result", f"the register has stored it, and told the display: {result['outcome']}"
        )
        return result

    async def _paid(self) -> dict:
        await asyncio.to_thread(self._machine.approve)
        self._step("card", "the card was charged")
        return await self._result()

    async def _declined(self) -> dict:
        await asyncio.to_thread(self._machine.decline, self._arguments.reason)
        self._step("card", f"the card was declined: {self._arguments.reason}")
        return await self._result()

    def _check_ends(self) -> None:
        wanted = int(self._arguments.outcome == "paid")
        if len(self._machine.memory.charged) != wanted:
            raise SaleError(f"the card was charged {len(self._machine.memory.charged)} times")


@contextlib.asynccontextmanager
async def make(
    arguments: argparse.Namespace, bench: Bench, register: Register
) -> AsyncIterator[Sale]:
    """The sale of the method, with its machine switched on and wired."""
    database = ShopDatabase(arguments.db)
    cable = Cable()
    cable.start()
    ends = till_machine.CardMachine(cable.ends[0], database, register.name)
    machine = CardMachine(cable.ends[1], _DIRECT_KEY)
    try:
        yield DirectSale(arguments, bench, register, ends, machine)
    finally:
        for end in (ends, machine):
            await asyncio.to_thread(end.close)
        cable.stop()
        database.close()
