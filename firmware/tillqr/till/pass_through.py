"""The pass-through: a register speaks a card machine's own protocol, and the display carries that
(PROTOCOL.md, 13.2).

Loaded where there is one. Bytes go both ways untouched, as they come, through two small buffers.
The register's next HELLO ends it: what it sends is looked at for that, and passed on all the same.
"""

import asyncio

from micropython import const

from tillqr.till import frame, message

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import UART

    from tillqr.display import Display
    from tillqr.till.link import Link

_CHUNK = const(128)


def _nothing(_: str) -> None:
    """What is no frame is no fault here."""


def _is_register(payload: memoryview) -> bool:
    """Whether a HELLO is a register's."""
    try:
        return message.parse(message.HELLO, payload)["role"] == "register"
    except message.Refusal:
        return False


class PassThrough:
    """Joins the register's UART and the machine's."""

    def __init__(
        self,
        till: "UART",
        machine: "UART",
        room: int,
        link: "Link",
        display: "Display",
        count: "Callable[[str], None]",
    ) -> None:
        """room: bytes that a UART's receive buffer holds; link: the register's."""
        self._till = till
        self._machine = machine
        self._room = room
        self._link = link
        self._display = display
        self._count = count
        self._reader = frame.FrameReader(self._look, _nothing)
        self._buffer = bytearray(_CHUNK)
        self._wanted = self._spoken = False
        self.open = False
        """Whether the register's line is the machine's now."""

    def begin(self) -> None:
        """The register wants it; it begins behind the ACK. Raises message.Refusal."""
        if self._link.waiting:  # the register's answer to that must not reach the machine
            raise message.Refusal("busy", "link")
        self._display.dispatch("lend")
        self._wanted = True

    def answered(self) -> None:
        """The link has sent something: the ACK, if that is awaited."""
        if self._wanted:
            self._wanted, self._spoken = False, False
            self.open = True

    def forward(self, data: bytearray, length: int) -> None:
        """Take data[:length] of the register's."""
        self._spoken = True
        self._pass(self._till, self._machine, data, length)
        self._reader.feed(data, length)

    def owes(self) -> bool:
        """Whether bytes of the machine wait to be read."""
        return self._machine.any() > 0

    async def receive(self) -> None:
        """Carry what the machine says; for ever. What it says before the register has spoken is
        dropped: nobody may be listening yet."""
        stream = asyncio.StreamReader(self._machine)
        while True:
            length = await stream.readinto(self._buffer)
            if length and self.open and self._spoken:
                self._pass(self._machine, self._till, self._buffer, length)

    def _pass(self, source: "UART", target: "UART", data: bytearray, length: int) -> None:
        if source.any() >= self._room:
            self._count("through_overrun")  # what came meanwhile may be lost
        if target.write(memoryview(data)[:length]) != length:
            self._count("through_overrun")

    def _look(self, version: int, kind: int, sequence: int, payload: memoryview) -> None:
        """The register's HELLO gives the line back to the link, which hears it then. TRANSPARENT
        once more says that its ACK was lost: the link has the line until that was repeated."""
        if version != frame.VERSION:
            return
        if kind == message.TRANSPARENT:
            self._wanted = sequence == self._link.heard
            if not self._wanted:
                return
        elif kind != message.HELLO or not _is_register(payload):
            return
        self.open = False
        octets = bytearray(frame.build(kind, sequence, bytes(payload)))
        self._link.feed(octets, len(octets))
