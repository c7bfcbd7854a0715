"""The task of the card reader: polls while a card may be held to it, and has those dealt with that
are.

Whatever goes wrong before the backend has an answer costs nothing: the customer is told, and may
tap again. What a tap needs is loaded for it and let go: what reads a card (tap_read.py) before what
talks to the backend (talk.py), which is there when TLS takes memory too.
"""

import asyncio
import gc

from micropython import const

from tillqr.nfc.pn532 import CONTACT, CardError, ReaderError
from tillqr.nfc.unsupported import Unsupported
from tillqr.till.message import Refusal
from tillqr.unload import load, unload

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
_MEND_MS = const(5000)  # between two tries to wake a reader that doesn't answer
_GONE = const(3)
"""Searches in a row that must find no card: at the edge of the field one may miss it."""
_READ = "tillqr.nfc.tap_read"
_TALK = "tillqr.nfc.talk"


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
        await self._display.stand_still()
        try:
            event, reason = "again", "two_cards"
            if len(targets) == 1:
                event, reason = await self._dealt(targets[0])
        except MemoryError:  # the attempt is still open: it may be tried again
            self._count("tap_no_memory")
            gc.collect()
            event, reason = "again", "card_gone"
        finally:
            self._display.move_on()
        if event == "again":
            self._count("tap_" + reason)
        if event:
            self._display.happen(event, reason)
        await self._reader.release()

    async def _dealt(self, target) -> "tuple[str, str]":  # type: ignore[no-untyped-def]
        """Deal with a card: what has happened, as ByTap knows it, or "", and the reason."""
        try:
            kind, data = await load(_READ).read(self._reader.contact(), target)
        except Unsupported as unsupported:
            return "again", unsupported.args[0]
        except (CardError, ReaderError):
            return "again", "card_gone"
        finally:
            unload(_READ, CONTACT)
            self._display.move_on()
        attempt = self._begun()
        if attempt is None:
            return "", ""
        await self._display.stand_still()
        code = self._backend.code(attempt)  # what makes it is gone before what talks comes
        try:
            event, reason = await self._talked(attempt, code, kind, data)
        finally:
            await self._backend.channel.let_go()
            unload(_TALK, CONTACT)
        # A receipt may have come meanwhile.
        return (event, reason) if self._till.holds(attempt) else ("", "")

    async def _talked(
        self, attempt: "Attempt", code: str, kind: str, data: bytes
    ) -> "tuple[str, str]":
        contact = self._reader.contact()
        talk = load(_TALK).Talk(attempt, contact, self._till, self._backend, self._count)
        return await talk.run(code, kind, data, self._keys)

    def _begun(self) -> "Attempt | None":
        """The attempt that a card is for, None if there can't be one."""
        try:
            self._display.happen("card")
        except Refusal as refusal:
            self._count("card_" + refusal.reason)
            self._display.happen("key_refused", refusal.reason)
        return self._till.attempt()
