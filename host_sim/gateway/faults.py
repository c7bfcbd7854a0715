"""Faults that a backend may have, switched on and off while it runs: for tests of displays."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

GARBAGE = b'{"state":"paid","transaction":\x00'
"""What a display hears from a backend that talks nonsense."""


@dataclass
class Faults:
    """What is wrong with the answers to displays; phones are served well. All is well at first."""

    slow: float = 0.0
    """Seconds that each answer takes longer."""
    errors: bool = False
    """HTTP: 500 to each question. Over the broker there is no such answer: none comes."""
    garbage: bool = False
    """The answer is no JSON."""
    silent: bool = False
    """Questions are taken and never answered."""

    async def delay(self, gone: Callable[[], Awaitable[bool]]) -> None:
        """Wait as long as an answer is to be late; `gone` says that nobody waits any more."""
        await asyncio.sleep(self.slow)
        while self.silent and not await gone():
            await asyncio.sleep(0.05)
