"""A shop's own cards, by what their NDEF says: NTAG 424 DNA with SUN (NXP AN12196), and cards whose
URL is always the same."""

import hmac
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from host_sim.gateway.card_store import CardStore
from host_sim.gateway.verdict import Verdict

_PICC_DATA, _MAC = "p", "c"
"""The URL's parameters, as Bolt Cards have them."""
_PICC_SIZE, _MAC_SIZE = 16, 8
_UID_AND_COUNTER = 0xC7
"""PICCDataTag: both are there, and the UID has seven bytes (AN12196, table 1)."""


class _Said(NamedTuple):
    """What a URL with SUN says."""

    uid: bytes
    counter: bytes
    covered: bytes
    """The text between the PICC data's beginning and the MAC's."""
    mac: bytes


class SunCards:
    """The shop's cards.

    With SUN a card proves that it was there just now: each reading has a MAC of its own, and a
    counter that must be higher than the last one that counted. A card without can be copied by
    whoever reads it once. So it must be registered by a token that nobody can guess, and it may
    hold little (card_store.MOST_ON_STATIC). A tag's UID proves nothing, mirrored or not.
    """

    def __init__(self, store: CardStore, meta_key: bytes, *, covered: bool = False) -> None:
        """meta_key: SDMMetaReadKey, the same for all of the shop's cards, as they can't be told
        apart before; covered: their MACs are over the text from the PICC data on, not over no
        bytes."""
        self._store = store
        self._meta_key = meta_key
        self._covered = covered

    def check(self, url: bytes, amount: int = 0, currency: str = "") -> Verdict:
        """Whether a card pays, and take the amount from it if it does.

        A reading counts once, so the same URL again is declined: who may ask twice for one attempt
        must keep the verdict. The card that has paid is named, to be given back what it paid
        if the charge has ended meanwhile.
        """
        said = self._said(url)
        card = self._store.of_uid(said.uid) if said else self._store.of_url(url)
        if card is None or (said and not self._is_right(said, bytes.fromhex(card["key"]))):
            return Verdict("declined", "card_unknown")
        if said and not self._store.count(card["name"], int.from_bytes(said.counter, "little")):
            return Verdict("declined", "declined")  # a copy of an older reading
        if amount and currency != card["currency"]:
            return Verdict("declined", "card_unknown")
        if not self._store.take(card["name"], amount):
            return Verdict("declined", "insufficient_funds")
        return Verdict("approved", card=card["name"])

    def give_back(self, card: str, amount: int) -> None:
        """What a card has paid was not needed: its charge had ended."""
        self._store.give_back(card, amount)

    def _said(self, url: bytes) -> _Said | None:
        """What it says, if it has the form of one with SUN."""
        try:
            text = url.decode("ascii")
            fields = parse_qs(urlsplit(text).query, max_num_fields=8)
            (hidden,), (mac,) = fields[_PICC_DATA], fields[_MAC]
            data, given = bytes.fromhex(hidden), bytes.fromhex(mac)
        except (ValueError, KeyError):
            return None
        if (len(data), len(given)) != (_PICC_SIZE, _MAC_SIZE):
            return None
        plain = self._decrypted(data)
        if plain[0] != _UID_AND_COUNTER:
            return None
        covered = text[text.index(hidden) : text.rindex(mac)] if self._covered else ""
        return _Said(plain[1:8], plain[8:11], covered.encode(), given)

    def _decrypted(self, data: bytes) -> bytes:
        """PICC data, with an IV of zeros (AN12196, 3.4.2)."""
        cipher = Cipher(algorithms.AES(self._meta_key), modes.CBC(bytes(16))).decryptor()
        return cipher.update(data) + cipher.finalize()

    @staticmethod
    def _is_right(said: _Said, file_key: bytes) -> bool:
        """The MAC under the session's key: each second byte of a CMAC (AN12196, 3.4.4)."""
        session = _cmac(file_key, b"\x3c\xc3\x00\x01\x00\x80" + said.uid + said.counter)
        return hmac.compare_digest(_cmac(session, said.covered)[1::2], said.mac)


def _cmac(key: bytes, data: bytes) -> bytes:
    made = CMAC(algorithms.AES(key))
    made.update(data)
    return made.finalize()
