"""A push button (active low) that calls back once a press."""

import asyncio

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import Pin

_BOUNCE_MS = const(30)


class PushKey:
    """Waits for the pin's edge, lets the contact settle, and reads it again."""

    def __init__(self, pin: "Pin", pressed: "Callable[[], None]") -> None:
        self._pin = pin
        self._pressed = pressed
        self._edge = asyncio.ThreadSafeFlag()

    def owes(self) -> bool:
        """Whether it is pressed."""
        return self._pin.value() == 0

    async def run(self) -> None:
        """Call `pressed` for each press, for ever."""
        self._pin.irq(self._on_edge, self._pin.IRQ_FALLING)
        while True:
            await self._edge.wait()
            await asyncio.sleep_ms(_BOUNCE_MS)
            if self._pin.value() == 0:
                self._pressed()
                while self._pin.value() == 0:  # held: one press, however long
                    await asyncio.sleep_ms(_BOUNCE_MS)
                await asyncio.sleep_ms(_BOUNCE_MS)
                self._edge.clear()  # the bounces of letting go

    def _on_edge(self, _: "Pin") -> None:
        self._edge.set()
