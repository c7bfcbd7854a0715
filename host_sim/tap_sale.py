"""Sales by a card at the display's own reader (Fig. 4), for `make sale METHOD=...`."""

import argparse
import asyncio

from host_sim.bench import Bench
from host_sim.sale import Sale, SaleError
from host_sim.shop_cards import ShopCards
from tools.register import Register


class TapSale(Sale):
    """A card is held to the reader."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        bench: Bench,
        register: Register,
        cards: ShopCards,
    ) -> None:
        super().__init__(arguments, bench, register)
        self._cards = cards

    async def _code(self) -> None:
        """No code is shown: the customer is asked for a card."""
        pay = (self._order, self._arguments.amount, self._arguments.currency, "tap")
        await asyncio.to_thread(self._register.start_payment, *pay)
        await self._screen("tap")
        self._step("pay", f"PAY for order {self._order} taken; the panel asks for a card")

    async def _hold(self, rich: bool) -> None:
        field = self._bench.board.field
        if field is None:
            raise SaleError("the board has no reader")
        field.put(self._cards.card(self._arguments.method, rich))
        words = "with money" if rich else "without money"
        self._step("card", f"a card {words} is held to the reader ({self._arguments.method})")

    async def _paid(self) -> dict:
        await self._hold(True)
        return await self._result()

    async def _declined(self) -> dict:
        await self._hold(False)
        return await self._result()

    async def _expired(self) -> dict:
        self._step("unknown", "nobody taps in time: the display asks the backend")
        return await self._result()
