"""One tap: words carried between a card and the backend, until that has enough (PROTOCOL.md, 14).

What a card says goes to the backend, which says what to ask it next; nothing of it is looked into,
logged or kept.
"""

import asyncio
import os
import time

from micropython import const

from tillqr.nfc.pn532 import CardError, ReaderError
from tillqr.sale.tunnel import MAX_ANSWER, Broken, Tunnel

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.net.backend import Backend
    from tillqr.nfc.contact import Contact
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.by_tap import ByTap
    from tillqr.sale.mac import Key

_REPEAT_MS = const(500)  # between two tries to reach a backend that failed at once
_CARD_MS = const(5000)
"""How long a card may take for one answer."""
_BACKEND_MS = const(8000)
"""How long the backend may take for one answer, with its repetitions."""


class Talk:
    """A card's talk with the backend about an attempt."""

    def __init__(
        self,
        attempt: "Attempt",
        contact: "Contact",
        till: "ByTap",
        backend: "Backend",
        count: "Callable[[str], None]",
    ) -> None:
        self._attempt = attempt
        self._contact = contact
        self._till = till
        self._backend = backend
        self._count = count

    async def run(self, code: str, verb: str, data: bytes, keys: "list[Key]") -> "tuple[str, str]":
        """Begin with the card's first word; what has happened in the end, as ByTap knows it, and
        the reason: "card_done" (the backend has enough), "again", or "timeout" (it is silent).

        code: the attempt's; keys: the device's, the present one first.
        """
        tunnel = Tunnel(self._attempt, os.urandom(4).hex(), code, keys)
        while True:
            answer = await self._heard(tunnel, tunnel.say(verb, data))
            if answer is None:
                return "timeout", ""
            word, data = answer
            if word == "wait":
                return "card_done", ""
            if word == "again":
                return "again", _reason(data)
            verb, data = await self._exchanged(data)

    async def _exchanged(self, command: bytes) -> "tuple[str, bytes]":
        """What the card says to a command."""
        try:
            data = await self._contact.exchange(command, _CARD_MS)
        except (CardError, ReaderError):
            return "gone", b""
        return ("answer", data) if len(data) <= MAX_ANSWER else ("gone", b"")

    async def _heard(self, tunnel: Tunnel, word: dict) -> "tuple[str, bytes] | None":
        """Say a word until it is answered; None if that is not to be, or not any more."""
        began = time.ticks_ms()
        while self._till.holds(self._attempt):
            answer = await self._said(word)
            if answer is not None:
                try:
                    return tunnel.take(answer)
                except Broken as broken:
                    self._count("tap_" + broken.args[0])
            if time.ticks_diff(time.ticks_ms(), began) > _BACKEND_MS:
                return None
            if self._till.holds(self._attempt):
                await asyncio.sleep_ms(_REPEAT_MS)
        return None

    async def _said(self, word: dict) -> "dict | None":
        """Say a word once: the backend's, which is not judged yet, or None. A receipt in its place
        is delivered."""
        backend = self._backend
        backend.word = None
        try:
            await backend.put(self._attempt, word, True)
        except MemoryError:  # it is said again
            self._count("backend_no_memory")
        return backend.word


def _reason(data: bytes) -> str:
    """The name of a reason that the panel has words for."""
    for name in ("card_unsupported", "two_cards", "phone_locked"):
        if data == name.encode():
            return name
    return "card_gone"
