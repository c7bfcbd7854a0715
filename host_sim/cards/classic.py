"""MIFARE Classic: no payment card, and nothing to read without its keys (NXP MF1S50YYX)."""

from host_sim.cards.card import Card

_AUTHENTICATE = (0x60, 0x61)


class Classic(Card):
    """It answers an authentication with its nonce; whoever does not go on hears no more."""

    atqa, sak = b"\x04\x00", 0x08

    def __init__(self, uid: bytes, nonce: bytes = b"\x01\x20\x01\x45") -> None:
        """uid, nonce: four bytes each."""
        self.uid = uid
        self._nonce = nonce
        self._silent = False

    def activated(self) -> None:
        """It listens again."""
        self._silent = False

    def answer(self, command: bytes) -> bytes | None:
        """The nonce of an authentication, or silence for ever."""
        heard = not self._silent and len(command) == 2 and command[0] in _AUTHENTICATE
        self._silent = True
        return self._nonce if heard else None
