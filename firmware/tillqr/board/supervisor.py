"""The supervisor: named tasks, and a watchdog that is fed only while all of them live."""

import asyncio
import sys

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_CHECK_MS = const(500)


class Supervisor:
    """Runs tasks by name; the first one that ends, for whatever reason, is a fault."""

    def __init__(self, feed: "Callable[[], None]", on_fault: "Callable[[str], None]") -> None:
        """feed keeps the watchdog quiet; on_fault is told the name of the task that ended."""
        self._feed = feed
        self._on_fault = on_fault
        self._waiting: list = []
        self.fault = ""
        """Name of the task that ended, "" while all is well."""

    def add(self, name: str, coroutine: "Coroutine[object, object, None]") -> None:
        """Have `run` start a coroutine, which must never end."""
        self._waiting.append(self._guard(name, coroutine))

    async def _guard(self, name: str, coroutine: "Coroutine[object, object, None]") -> None:
        try:
            await coroutine
        except Exception as error:  # noqa: BLE001  (a task's boundary: nothing passes unseen)
            sys.print_exception(error)
        if not self.fault:
            self.fault = name
            self._on_fault(name)

    async def run(self) -> None:
        """Start the tasks; feed the watchdog for as long as there is no fault. After one, it
        resets the board."""
        tasks = [asyncio.create_task(task) for task in self._waiting]
        self._waiting.clear()
        while tasks:
            if not self.fault:
                self._feed()
            await asyncio.sleep_ms(_CHECK_MS)
