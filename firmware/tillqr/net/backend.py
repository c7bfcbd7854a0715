"""The backend as the display asks it (PROTOCOL.md, 8): what became of an attempt, or its charge.

Each attempt says what is to be asked about it (Attempt.question). It is asked by the channel that
the display has, until it is answered; the answers come to `deliver`, as what is pushed does.
"""

import asyncio
import time

from micropython import const

from tillqr import strict_json, ticks

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.codes import Codes
    from tillqr.display import Display
    from tillqr.net.broker import Broker
    from tillqr.net.web import Web
    from tillqr.net.wifi import Wifi
    from tillqr.sale.attempts import Attempt, Attempts
    from tillqr.sale.by_charge import ByCharge

_FIRST_PAUSE_MS = const(500)
_UNSTORED = const(503)
_TURN_MS = const(10)


class Backend:
    """Asks the backend about each attempt that attempts.to_ask names."""

    def __init__(
        self,
        codes: "Codes",
        book: "Attempts",
        wifi: "Wifi",
        port: int,
        display: "Display",
        count: "Callable[[str], None]",
    ) -> None:
        """port: where the display takes results; display: judges receipts, and says how
        long a pause may be."""
        self._codes = codes
        self.charges: "ByCharge | None" = None
        """Takes a charge; None where the display makes its own codes."""
        self._book = book
        self._wifi = wifi
        self._port = port
        self._display = display
        self._count = count
        self._wake = asyncio.Event()
        self._asking = False
        self.word: "dict | None" = None
        """The backend's latest word on a tap, which is not judged yet."""
        self.channel: "Broker | Web" = None  # type: ignore[assignment]

    def ask(self) -> None:
        """There is something to ask, or it can be asked again."""
        self._wake.set()

    def deliver(self, body: bytes) -> "str | None":
        """Take an answer: a receipt, a charge's code, a word on a tap, or that a charge is open.

        The attempt that it names, or None if it has to come again, as it could not be stored.
        """
        try:
            answer = strict_json.parse(body)
        except ValueError:
            answer = {}
        if "tap" in answer:
            self.word = answer
        elif "text" in answer and "transaction" not in answer:
            if self.charges is not None:
                self.charges.take(answer)
        elif answer.get("state") != "open" and self._display.accept(body)[0] == _UNSTORED:
            return None
        return str(answer.get("attempt"))

    def owes(self) -> bool:
        """Whether there is anything to ask."""
        return self._book.to_ask() is not None

    async def run(self) -> None:
        """Ask for ever, about one attempt at a time."""
        pause = _FIRST_PAUSE_MS
        while True:
            self._wake.clear()
            attempt = self._book.to_ask()
            began = time.ticks_ms()
            if attempt is None:
                pause = _FIRST_PAUSE_MS
                await self._wake.wait()
            elif not await self._asked(attempt):
                pause = min(pause, self._display.longest_pause())
                waited = time.ticks_diff(time.ticks_ms(), began)  # for an answer that didn't come
                if await self._woken(max(0, ticks.shortened(pause) - waited)):
                    pause = _FIRST_PAUSE_MS
                else:
                    pause *= 2

    async def _woken(self, milliseconds: int) -> bool:
        """Wait; whether it was cut short."""
        try:
            await asyncio.wait_for(self._wake.wait(), milliseconds / 1000)
        except asyncio.TimeoutError:
            return False
        return True

    async def _asked(self, attempt: "Attempt") -> bool:
        """Ask once; whether that is all for now."""
        verb = attempt.question
        try:
            question = self._codes.question(attempt, (self._wifi.address, self._port))
            answered = await self.put(attempt, question)
        except MemoryError:  # it is asked again: what came of it may have been stored
            self._count("backend_no_memory")
            answered = False
        if answered and verb == "ask" and attempt.question == verb:
            attempt.question = ""
            self._display.still_open(attempt)
        return attempt.settled != "" or attempt.question != verb

    async def put(self, attempt: "Attempt", question: dict, more: bool = False) -> bool:
        """Put a question by the channel, which takes one at a time: as its `ask`."""
        while self._asking:
            await asyncio.sleep_ms(_TURN_MS)
        self._asking = True
        try:
            return await self.channel.ask(attempt.nonce, question, more)
        finally:
            self._asking = False

    def code(self, attempt: "Attempt") -> str:
        """The code of an attempt, by which the backend knows what it is of."""
        return self._codes.code(attempt, (self._wifi.address, self._port))
