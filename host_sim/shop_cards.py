"""What customers hold to a reader, and what the backend knows of it: for sales by tap."""

import secrets
from collections.abc import Callable
from pathlib import Path

from host_sim.cards import plastic
from host_sim.cards.card import Card
from host_sim.cards.emv import EmvCard
from host_sim.cards.ntag import Ntag
from host_sim.cards.ntag424 import Ntag424
from host_sim.cards.tags import uri_message
from host_sim.cards.wallet import Wallet
from host_sim.gateway.card_store import MOST_ON_STATIC, CardStore
from host_sim.gateway.sun import SunCards

_URL = "https://pay.example/c/"
_MUCH = 9_999_999_999


class ShopCards:
    """The shop's own cards, and bank cards of the test issuer."""

    def __init__(self, directory: Path, currency: str) -> None:
        """directory: of the database; currency: what is on the shop's cards."""
        directory.mkdir(parents=True, exist_ok=True)
        self._meta_key, self._file_key = secrets.token_bytes(16), secrets.token_bytes(16)
        self.store = CardStore(f"sqlite:///{directory}/cards.db")
        self.known = SunCards(self.store, self._meta_key)
        """What the backend checks them by."""
        self._currency = currency
        self._made = 0

    def card(self, kind: str, rich: bool) -> Card:
        """A new card of a kind of KINDS; rich: whether there is money on it."""
        return KINDS[kind](self, rich)

    def _uid(self) -> bytes:
        self._made += 1
        return b"\x04" + self._made.to_bytes(6, "big")

    def ntag(self, rich: bool) -> Card:
        """A tag whose URL is always the same."""
        url = _URL + secrets.token_urlsafe(16)
        uid = self._uid()
        self.store.add_static(uid.hex(), url, MOST_ON_STATIC if rich else 0, self._currency)
        return Ntag(uri_message(url), uid)

    def sun(self, rich: bool) -> Card:
        """An NTAG 424 DNA."""
        uid = self._uid()
        balance = _MUCH if rich else 0
        self.store.add_dynamic(uid.hex(), uid, self._file_key, balance, self._currency)
        return Ntag424(_URL, uid, self._meta_key, self._file_key)

    def emv(self, rich: bool) -> Card:
        """A bank card."""
        return EmvCard(plastic.GOOD if rich else plastic.POOR)

    def wallet(self, rich: bool) -> Card:
        """A phone."""
        return Wallet(plastic.TOKEN if rich else plastic.POOR)


KINDS: dict[str, Callable[[ShopCards, bool], Card]] = {
    "ntag": ShopCards.ntag,
    "sun": ShopCards.sun,
    "emv": ShopCards.emv,
    "wallet": ShopCards.wallet,
}
"""The kinds of cards, by the name that `make sale METHOD=` has for them."""
