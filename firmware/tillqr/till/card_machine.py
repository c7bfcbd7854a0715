"""A card machine on the display's second line, whose master the display is (PROTOCOL.md, 13).

Loaded where there is one. What is to be said to the machine stands in the attempts, so that a
restart of either forgets nothing: an attempt of the machine's has the question "open" until the
machine has taken PAY, "ask" while it works, and "close" when it is to stop; it is settled by the
machine's own receipt.
"""

import asyncio
import time

from micropython import const

from tillqr.sale import receipt
from tillqr.sale.rejected import Rejected
from tillqr.till import machine_words, message
from tillqr.till.link import Link
from tillqr.till.port import TillPort

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import UART

    from tillqr.board.settings import Settings
    from tillqr.display import Display
    from tillqr.sale.at_machine import AtMachine
    from tillqr.sale.attempts import Attempt, Attempts
    from tillqr.sale.mac import Key

_TURN_MS = const(50)
_AGAIN_MS = const(2000)
_KINDS = {"open": message.PAY, "ask": message.QUERY, "close": message.CANCEL}


class CardMachine:
    """The line to the machine, and what is said on it."""

    def __init__(
        self,
        uart: "UART",
        settings: "Settings",
        key: "Key",
        book: "Attempts",
        till: "AtMachine",
        display: "Display",
        boot: str,
        count: "Callable[[str], None]",
    ) -> None:
        """key: what the machine signs with; boot: of the display's present start."""

        def counted(name: str) -> None:
            count("machine_" + name)

        self._device = settings.device
        self._keys = [key]
        self._book = book
        self._till = till
        self._display = display
        self._count = count
        calls = (self._deliver, self._settled, counted)
        tables = machine_words.TABLES
        self.link = Link("display", boot, settings.machine_baud, *calls, "machine", tables)
        self.port = TillPort(uart, self.link)
        """Its UART's tasks."""
        self._up = False
        self._said: "tuple[Attempt, str] | None" = None
        """Attempt and question that were put last."""
        self._content: "dict | None" = None
        """What was not acknowledged yet."""
        self._said_at = 0

    def _deliver(self, kind: int, content: dict) -> None:
        """Carry out a message of the machine; raises message.Refusal."""
        if kind == machine_words.REQUEST:
            self._display.happen("machine_key")
        elif kind == message.RESULT:
            self._take_result(content)
        elif kind == message.STATUS:
            self._take_status(content)
        else:  # HELLO: it has restarted, and is asked at once
            self._said = None

    def _take_result(self, content: dict) -> None:
        try:
            attempt = self._book.accept(receipt.checked(content), self._keys)
        except Rejected as rejected:
            self._count(rejected.name)
            if rejected.name == "receipt_replayed":  # its ACK was lost
                return
            unstored = rejected.name == "receipt_unstored"
            raise message.Refusal("storage" if unstored else rejected.name) from None
        if not self._display.take(attempt):
            raise message.Refusal("storage")

    def _take_status(self, status: dict) -> None:
        attempt = self._book.find(status["attempt"])
        if attempt is None or attempt.question != "ask":
            return
        if status["state"] == "busy":
            self._display.happen("machine_busy", attempt)
        else:  # it never heard of it, and must not hear of it later
            attempt.question = "close"

    def _settled(self, kind: int, content: dict, reason: str, _: str) -> None:
        """A message of ours was acknowledged (reason "") or refused."""
        if content is not self._content:
            return
        self._content = None
        self._said_at = time.ticks_ms()
        attempt = self._book.find(content["attempt"])
        if kind == message.PAY and attempt is not None and attempt.question == "open":
            attempt.question = "close" if reason else "ask"
            if not reason:
                self._said = (attempt, "ask")  # it works now, and has nothing to say yet

    async def run(self) -> None:
        """Ask the machine what there is to be asked; for ever."""
        while True:
            if self.link.up != self._up:
                self._up = self.link.up
                self._till.up = self._up
                if not self._up:
                    self._display.happen("machine_lost")
            attempt = self._book.to_ask(True)
            if attempt is not None and self.link.peer_boot:
                self._ask(attempt, attempt.question)
            await asyncio.sleep_ms(_TURN_MS)

    def _ask(self, attempt: "Attempt", question: str) -> None:
        """Put an attempt's question: at once if it is a new one, else after a while again."""
        new = self._said != (attempt, question)
        if self._content is not None:
            if new:  # what was said may have been heard; it must not be said later
                self.link.withdraw(self._content)
                self._content = None
            else:
                return  # the link repeats it
        elif not new and time.ticks_diff(time.ticks_ms(), self._said_at) < _AGAIN_MS:
            return
        self._said = (attempt, question)
        content: dict = {"order": attempt.order, "attempt": attempt.nonce}
        if question != "ask":
            content.update(device=self._device, register=attempt.register)
            content.update(amount=attempt.amount, currency=attempt.currency)
        if self.link.send(_KINDS[question], content):
            self._content = content
