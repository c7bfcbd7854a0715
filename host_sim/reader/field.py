"""What is in front of the reader."""

from host_sim.cards.card import Card

HAND_SECONDS = 0.7
"""How long a hand takes at least from taking a card away to holding one to the reader again."""


class Field:
    """The cards that customers hold to the reader now."""

    def __init__(self) -> None:
        self._cards: list[Card] = []
        self._left: int | None = None

    @property
    def cards(self) -> list[Card]:
        """Those that are there."""
        return list(self._cards)

    def put(self, *cards: Card) -> None:
        """Hold more cards to the reader."""
        self._cards += cards

    def take_away(self) -> None:
        """Take all of them away."""
        self._cards.clear()
        self._left = None

    def leave_after(self, exchanges: int) -> None:
        """Have the cards answer so many commands more, and be gone before the next."""
        self._left = exchanges

    def of(self, technology: str) -> list[Card]:
        """Those of a technology."""
        return [card for card in self._cards if card.technology == technology]

    def answer(self, card: Card, command: bytes) -> bytes | None:
        """A card's answer to a command; None if it is gone or silent. Raises Nak."""
        if self._left is not None:
            if self._left == 0:
                self.take_away()
            else:
                self._left -= 1
        return card.answer(command) if card in self._cards else None
