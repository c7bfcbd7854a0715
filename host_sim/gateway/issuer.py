"""The bank of the test cards: it authorises a payment, or says why not.

Made rules, no money: a balance does not change. A card number is looked up by a keyed digest and
not kept.
"""

import hmac
from dataclasses import dataclass

from host_sim.cards import cryptogram, plastic

_MUCH = 9_999_999_999


@dataclass(frozen=True)
class Account:
    """What an account may pay, in minor units of whatever currency."""

    balance: int = _MUCH
    limit: int = _MUCH
    blocked: bool = False
    """The card is reported stolen; who holds it is told no more than that it is declined."""

    def refusal(self, amount: int) -> str:
        """Why a payment is refused, one of reasons.REASONS, or ""."""
        if self.blocked:
            return "declined"
        if amount > self.limit:
            return "limit_exceeded"
        return "insufficient_funds" if amount > self.balance else ""


class Issuer:
    """A bank with its cards' key and some accounts."""

    def __init__(self, key: bytes, accounts: dict[str, Account]) -> None:
        """accounts: by card number."""
        self._key = key
        self._accounts = {self._digest(pan): account for pan, account in accounts.items()}

    def _digest(self, pan: str) -> bytes:
        return hmac.digest(self._key, pan.encode(), "sha256")

    def refusal(self, pan: str, sequence: str, said: dict[int, bytes], amount: int) -> str:
        """Why a payment is refused, or "".

        said: the transaction's data objects, with the card's cryptogram over them (9F26). As the
        terminal's unpredictable number is among them, none can be used twice.
        """
        account = self._accounts.get(self._digest(pan))
        key = cryptogram.card_key(self._key, pan, sequence)
        try:
            right = cryptogram.of_transaction(key, said)
        except KeyError:
            return "declined"
        if account is None or not hmac.compare_digest(right, said[0x9F26]):
            return "declined"
        return account.refusal(amount)


def bench_issuer() -> Issuer:
    """The issuer of the bench's cards."""
    accounts = {
        plastic.GOOD: Account(),
        plastic.TOKEN: Account(),
        plastic.POOR: Account(balance=100),
        plastic.LIMITED: Account(limit=100),
        plastic.STOLEN: Account(blocked=True),
        plastic.EXPIRED: Account(),
    }
    return Issuer(cryptogram.ISSUER_KEY, {card.pan: one for card, one in accounts.items()})
