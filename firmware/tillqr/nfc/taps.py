"""The task of the card reader: polls while a card may be held to it, and deals with those that are.

What a card says goes to the backend, which says what to ask it next; nothing of it is looked into,
logged or kept. Whatever goes wrong before the backend has an answer costs nothing: the customer is
told, and may tap again.
"""

import asyncio
import gc
import os
import time

from micropython import const

from tillqr.nfc import tap_read
from tillqr.nfc.pn532 import CardError, ReaderError
from tillqr.nfc.unsupported import Unsupported
from tillqr.sale.tunnel import MAX_ANSWER, Broken, Tunnel
from tillqr.till.message import Refusal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.display import Display
    from tillqr.net.backend import Backend
    from tillqr.nfc.pn532 import Pn532
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.by_tap import ByTap
    from tillqr.sale.mac import Key

_IDLE_MS = const(100)
_LOOK_MS = const(50)
_REPEAT_MS = const(500)  # between two tries to reach a backend that failed at once
_MEND_MS = const(5000)  # between two tries to wake a reader that doesn't answer
_CARD_MS = const(5000)
"""How long a card may take for one answer."""
_GONE = const(3)
"""Searches in a row that must find no card: at the edge of the field one may miss it."""
_BACKEND_MS = const(8000)
"""How long the backend may take for one answer, with its repetitions."""


class Taps:
    """One card reader, and what is done with the cards that are held to it."""

    def __init__(
        self,
        reader: "Pn532",
        till: "ByTap",
        display: "Display",
        backend: "Backend",
        keys: "list[Key]",
        count: "Callable[[str], None]",
    ) -> None:
        """keys: the device's, the present one first."""
        self._reader = reader
        self._till = till
        self._display = display
        self._backend = backend
        self._keys = keys
        self._count = count
        self._held = 0
        """How many searches more must find no card, before one that was dealt with counts as taken
        away: it must not pay twice."""

    async def run(self) -> None:
        """Look after the reader; for ever."""
        while True:
            try:
                await self._reader.start()
                self._display.reader_is("ready")
                await self._serve()
            except ReaderError:
                pass  # it was counted when it was not to be mended
            self._display.reader_is("silent")
            await asyncio.sleep_ms(_MEND_MS)

    async def _serve(self) -> None:
        """Deal with cards until the reader fails; raises ReaderError."""
        resting = False
        while True:
            pause = _LOOK_MS
            try:
                if self._held:
                    self._held = _GONE if await self._reader.find() else self._held - 1
                elif self._till.takes_cards():
                    resting = False
                    await self._look()
                else:
                    pause = _IDLE_MS
                    if not resting:
                        await self._reader.rest()
                        resting = True
            except ReaderError as error:
                if error.args[0] == "reader_absent":
                    raise
            await asyncio.sleep_ms(pause)

    async def _look(self) -> None:
        """One look for cards, and all that follows from it."""
        targets = await self._reader.find()
        if not targets:
            return
        self._held = _GONE
        try:
            reason = await self._read(targets[0]) if len(targets) == 1 else "two_cards"
        except MemoryError:  # the attempt is still open: it may be tried again
            self._count("tap_no_memory")
            gc.collect()
            reason = "card_gone"
        if reason:
            self._count("tap_" + reason)
            self._display.happen("again", reason)
        await self._reader.release()

    async def _read(self, target) -> str:  # type: ignore[no-untyped-def]
        """Deal with a card: why it is not enough, or ""."""
        try:
            kind, data = await tap_read.read(self._reader, target)
        except Unsupported as unsupported:
            return unsupported.args[0]
        except (CardError, ReaderError):
            return "card_gone"
        attempt = self._begun()
        if attempt is None:
            return ""
        try:
            return await self._talk(attempt, kind, data)
        finally:
            await self._backend.channel.let_go()
            gc.collect()

    def _begun(self) -> "Attempt | None":
        """The attempt that a card is for, None if there can't be one."""
        try:
            self._display.happen("card")
        except Refusal as refusal:
            self._count("card_" + refusal.reason)
            self._display.happen("key_refused", refusal.reason)
        return self._till.attempt()

    async def _talk(self, attempt: "Attempt", verb: str, data: bytes) -> str:
        """Carry words between the card and the backend until it has enough: as `_read`."""
        number = os.urandom(4).hex()
        tunnel = Tunnel(attempt, number, self._backend.code(attempt), self._keys)
        while True:
            answer = await self._heard(attempt, tunnel, tunnel.say(verb, data))
            if answer is None:
                if self._till.holds(attempt):  # no receipt came either: the backend is asked
                    self._display.happen("timeout")
                return ""
            word, data = answer
            if word == "wait":
                if self._till.holds(attempt):
                    self._display.happen("card_done")
                return ""
            if word == "again":
                return _reason(data)
            verb, data = await self._exchanged(data)

    async def _exchanged(self, command: bytes) -> "tuple[str, bytes]":
        """What the card says to a command."""
        try:
            data = await self._reader.exchange(command, _CARD_MS)
        except (CardError, ReaderError):
            return "gone", b""
        return ("answer", data) if len(data) <= MAX_ANSWER else ("gone", b"")

    async def _heard(
        self, attempt: "Attempt", tunnel: Tunnel, word: dict
    ) -> "tuple[str, bytes] | None":
        """Say a word until it is answered; None if that is not to be, or not any more."""
        began = time.ticks_ms()
        while self._till.holds(attempt):
            answer = await self._said(attempt, word)
            if answer is not None:
                try:
                    return tunnel.take(answer)
                except Broken as broken:
                    self._count("tap_" + broken.args[0])
            if time.ticks_diff(time.ticks_ms(), began) > _BACKEND_MS:
                return None
            if self._till.holds(attempt):
                await asyncio.sleep_ms(_REPEAT_MS)
        return None

    async def _said(self, attempt: "Attempt", word: dict) -> "dict | None":
        """Say a word once: the backend's, which is not judged yet, or None. A receipt in its place
        is delivered."""
        backend = self._backend
        backend.word = None
        try:
            await backend.put(attempt, word, True)
        except MemoryError:  # it is said again
            self._count("backend_no_memory")
        return backend.word


def _reason(data: bytes) -> str:
    """The name of a reason that the panel has words for."""
    for name in ("card_unsupported", "two_cards", "phone_locked"):
        if data == name.encode():
            return name
    return "card_gone"
