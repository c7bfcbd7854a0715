"""What a reader with one card on it is to the firmware, without a chip between."""

import asyncio

from tillqr.nfc import tap_read
from tillqr.nfc.pn532 import CardError
from tillqr.nfc.target import Target

from host_sim.cards.card import Card, Nak


class Reader:
    """A reader with one card on it."""

    def __init__(self, card: Card) -> None:
        self.card = card
        card.activated()

    async def exchange(self, data: bytes, _milliseconds: int) -> bytes:
        """As the firmware's reader does it."""
        try:
            answer = self.card.answer(bytes(data))
        except Nak:
            raise CardError("card_nak") from None
        if answer is None:
            raise CardError("card_gone")
        return answer


def read(card: Card) -> tuple[str, bytes]:
    """What the firmware reads of a card."""
    target = Target(card.technology, card.uid, card.sak, card.iso_dep)
    return asyncio.run(tap_read.read(Reader(card), target))  # type: ignore[arg-type]
