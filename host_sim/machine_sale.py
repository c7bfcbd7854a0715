"""Sales at a card machine, for `make sale METHOD=...`."""

import argparse
import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from host_sim import foreign_machine
from host_sim.bench import Bench
from host_sim.cable import Cable
from host_sim.card_machine import CardMachine
from host_sim.foreign_machine import ForeignMachine
from host_sim.sale import Sale, SaleError
from tools.register import Register, ShopDatabase
from tools.register import machine as till_machine

_SECONDS = 30
_DIRECT_KEY = b"what a register does not look at"
"""Of a machine on the register's own line, which is trusted as the register's are."""


class MachineSale(Sale):
    """At a machine, whose wiring the subclasses know."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        bench: Bench,
        register: Register,
        machine: CardMachine,
    ) -> None:
        super().__init__(arguments, bench, register)
        self._machine = machine

    async def _asked(self) -> None:
        """The machine asks for the money."""
        asked = await asyncio.to_thread(self._machine.wait_for_payment)
        self._step("machine", f"the card machine asks for {asked['amount']} {asked['currency']}")

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


class ChainedSale(MachineSale):
    """At a machine on the display's second UART (Fig. 2)."""

    async def _code(self) -> None:
        """The customer goes to the machine, whose pay key is pressed."""
        money = (self._arguments.amount, self._arguments.currency)
        await asyncio.to_thread(self._register.start_payment, self._order, *money, None)
        await self._screen("choose")
        self._step("pay", f"PAY for order {self._order} taken; the customer may choose")
        await asyncio.to_thread(self._machine.press_pay)
        await self._screen("machine")
        await self._asked()


class DirectSale(MachineSale):
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
        super().__init__(arguments, bench, register, machine)
        self._line = line
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
        await self._asked()

    async def _result(self) -> dict:
        assert self._paying is not None
        result = await self._paying
        if not result["told"]:
            raise SaleError("the display was not told what the card machine said")
        self._step(
            "result", f"the register has stored it, and told the display: {result['outcome']}"
        )
        return result


class ThroughSale(Sale):
    """At a machine on the display's second UART that speaks its own protocol to the register."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        bench: Bench,
        register: Register,
        machine: ForeignMachine,
        database: ShopDatabase,
    ) -> None:
        super().__init__(arguments, bench, register)
        self._machine = machine
        self._database = database

    async def _code(self) -> None:
        """The register asks the machine itself, through the display."""
        money = (self._arguments.amount, self._arguments.currency)
        await asyncio.to_thread(self._register.start_payment, self._order, *money, None)
        await self._screen("choose")
        self._step("pay", f"PAY for order {self._order} taken; the customer may choose")

    async def _paid(self) -> dict:
        return await asyncio.to_thread(self._charge)

    _declined = _paid

    def _charge(self) -> dict:
        """What a POS program does: charge through the display, record, tell the display."""
        money = (self._arguments.amount, self._arguments.currency)
        with self._register.through() as port:
            said = foreign_machine.charge(port, *money)
        self._step("card", f"the card machine says: {said['outcome']}")
        result = {"order": self._order, "register": self._register.name, **said}
        result |= {"amount": money[0], "currency": money[1], "attempt": secrets.token_hex(12)}
        result["outcome"] = self._database.record(result, "passed")
        if not till_machine.tell(self._register, result):
            raise SaleError("the display was not told what the card machine said")
        self._step("result", f"the register has stored it, and told the display: {said['outcome']}")
        return result

    def _check_ends(self) -> None:
        if len(self._machine.charged) != (self._arguments.outcome == "paid"):
            raise SaleError(f"the card was charged {len(self._machine.charged)} times")


@contextlib.asynccontextmanager
async def make(
    arguments: argparse.Namespace, bench: Bench, register: Register
) -> AsyncIterator[Sale]:
    """The sale of the method, with its machine switched on and wired."""
    made = {"machine": _chained, "machine-direct": _direct, "passthrough": _through}
    async with made[arguments.method](arguments, bench, register) as sale:
        yield sale


@contextlib.asynccontextmanager
async def _chained(
    arguments: argparse.Namespace, bench: Bench, register: Register
) -> AsyncIterator[Sale]:
    machine = CardMachine(bench.board.machine_line.path, bench.machine_key)
    try:
        yield ChainedSale(arguments, bench, register, machine)
    finally:
        await asyncio.to_thread(machine.close)


@contextlib.asynccontextmanager
async def _direct(
    arguments: argparse.Namespace, bench: Bench, register: Register
) -> AsyncIterator[Sale]:
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


@contextlib.asynccontextmanager
async def _through(
    arguments: argparse.Namespace, bench: Bench, register: Register
) -> AsyncIterator[Sale]:
    database = ShopDatabase(arguments.db)
    answer = "OK M0815" if arguments.outcome == "paid" else f"NO {arguments.reason}"
    machine = ForeignMachine(bench.board.machine_line.path, answer)
    try:
        yield ThroughSale(arguments, bench, register, machine, database)
    finally:
        await asyncio.to_thread(machine.close)
        database.close()
