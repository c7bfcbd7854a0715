"""NXP NTAG 424 DNA with SUN: each reading gives another URL, which its backend can check.

Of the data sheet's commands it has those of a reader that reads NDEF; keys are set when it is made.
"""

import secrets
from collections.abc import Callable

from host_sim.cards import sdm
from host_sim.cards.tags import uri_message
from host_sim.cards.type4 import CONTAINER, NDEF, Type4

_FILE_SIZE = 256
_CONTAINER = bytes.fromhex("001720010000ff0406e104010000000506e10500808283")
"""As it leaves the factory (data sheet, 8.2.3.1)."""
_LONGEST_BASE = _FILE_SIZE - 2 - 5 - len("?p=&c=") - 2 * (16 + 8)
"""Bytes before the parameters; the message's length, its head and the parameters fill the rest."""
_LARGEST_COUNTER = 0xFFFFFF


class Ntag424(Type4):
    """A tag whose URL is `base?p=PICC data&c=MAC`; `counter` is its SDMReadCtr.

    The counter counts the first reading after each selection of the file (data sheet, 9.3.2).
    """

    ats = bytes.fromhex("7777710280")

    def __init__(
        self,
        base: str,
        uid: bytes,
        meta_key: bytes,
        file_key: bytes,
        *,
        covered: bool = False,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """covered: the MAC is over the text from the PICC data on, not over no bytes
        (SDMMACInputOffset); random: makes the padding. Raises ValueError if the URL is too long."""
        if len(base.encode()) > _LONGEST_BASE:
            raise ValueError("the URL does not fit the tag's file")
        super().__init__(b"", uid, mle=0x100)
        self.counter = 0
        self._base = base
        self._keys = meta_key, file_key
        self._covered = covered
        self._random = random
        self._url = ""

    def file_selected(self) -> None:
        """The next reading counts."""
        self._url = ""

    def content(self, number: int) -> bytes:
        """The container as it is; of the NDEF file what this reading says."""
        if number == CONTAINER:
            return _CONTAINER
        assert number == NDEF
        if not self._url:
            self._url = self.tap()
        message = uri_message(self._url)
        content = len(message).to_bytes(2, "big") + message
        return content.ljust(_FILE_SIZE, b"\0")

    def tap(self) -> str:
        """The URL that the next reading says. A tag that has counted to its end says it no more."""
        if self.counter < _LARGEST_COUNTER:
            self.counter += 1
        meta_key, file_key = self._keys
        hidden = sdm.picc_data(meta_key, self.uid, self.counter, self._random(5)).hex().upper()
        covered = f"{hidden}&c=".encode() if self._covered else b""
        mac = sdm.mac(file_key, self.uid, self.counter, covered).hex().upper()
        joint = "&" if "?" in self._base else "?"
        return f"{self._base}{joint}p={hidden}&c={mac}"
