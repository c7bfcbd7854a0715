"""The supervisor: named tasks, and a watchdog that is fed only while each of them gets on."""

import asyncio
import sys

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_CHECK_MS = const(500)
_CHECKS_A_SECOND = const(2)


class _Task:
    """A task as the event loop sees a coroutine: its turns are counted, and nothing that it raises
    passes unseen."""

    def __init__(
        self,
        supervisor: "Supervisor",
        coroutine: "Coroutine",
        name: str,
        owes: "Callable[[], bool] | None",
        seconds: int,
    ) -> None:
        self._supervisor = supervisor
        self._coroutine = coroutine
        self.name = name
        self._owes = owes
        self._most = seconds * _CHECKS_A_SECOND
        self._turns = self._seen = self._checks = 0

    def send(self, value: object) -> object:
        """Give it a turn."""
        return self._turn(self._coroutine.send, value)

    def throw(self, *error) -> object:  # type: ignore[no-untyped-def]
        """Give it a turn that raises."""
        return self._turn(self._coroutine.throw, *error)

    def _turn(self, go_on: "Callable", *given) -> object:  # type: ignore[no-untyped-def]
        self._turns += 1
        why = "ended"
        try:
            return go_on(*given)
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001  (a task's boundary)
            sys.print_exception(error)
            why = repr(error).partition("(")[0]
        self._supervisor.fail(self.name, why)
        raise StopIteration

    def close(self) -> None:
        """End it."""
        self._coroutine.close()

    def __await__(self):  # type: ignore[no-untyped-def]
        """By this CPython knows a coroutine."""
        return self._coroutine.__await__()

    def is_stuck(self) -> bool:
        """Whether it has owed something for too long, and had no turn; called at each check."""
        if self._turns != self._seen or (self._owes and not self._owes()):
            self._seen = self._turns
            self._checks = 0
        self._checks += 1
        return self._checks > self._most


class Supervisor:
    """Runs tasks by name; the first one that ends, or is stuck, is a fault."""

    def __init__(self, feed: "Callable[[], None]", on_fault: "Callable[[str, str], None]") -> None:
        """feed keeps the watchdog quiet; on_fault is told the task's name, and why: the name of
        an error, "ended" or "stuck"."""
        self._feed = feed
        self._on_fault = on_fault
        self._tasks: list[_Task] = []
        self.fault = ""
        """Name of the task that was the first to fail, "" while all is well."""

    def add(
        self,
        name: str,
        coroutine: "Coroutine[object, object, None]",
        owes: "Callable[[], bool] | None" = None,
        seconds: int = 5,
    ) -> None:
        """Have `run` start a coroutine, which must never end; owes() tells whether it has anything
        to do now, as it always has by default: then it must have a turn within some seconds."""
        self._tasks.append(_Task(self, coroutine, name, owes, seconds))

    def fail(self, name: str, why: str) -> None:
        """A task has ended, or is stuck."""
        if not self.fault:
            self.fault = name
            self._on_fault(name, why)

    async def run(self) -> None:
        """Start the tasks; feed the watchdog for as long as there is no fault. After one, it
        resets the board."""
        running: list = [asyncio.create_task(task) for task in self._tasks]  # type: ignore
        while running:
            for task in self._tasks:
                if task.is_stuck():
                    self.fail(task.name, "stuck")
            if not self.fault:
                self._feed()
            await asyncio.sleep_ms(_CHECK_MS)
