"""A child process that may be killed at any time, and is then started again, as a service is."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence

from host_sim.board import ROOT

_PAUSE = 0.2
"""Seconds until it is started again."""
_START_SECONDS = 20.0
_LONGEST_LINE = 1 << 16


class ChildError(RuntimeError):
    """A child does not start."""


class Child:
    """One program; `take` hears its lines."""

    def __init__(
        self,
        command: Sequence[str],
        ready: str,
        take: Callable[[str], None],
        environment: dict[str, str] | None = None,
    ) -> None:
        """ready: a word of the line that it is ready with; environment: beside this process's."""
        self._command = command
        self._ready_word = ready
        self._take = take
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()
        self._stopping = False
        self._runner: asyncio.Task[None] | None = None
        self.deaths = 0
        """How often it has ended."""
        self.on_death: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Start it, and wait until it is ready; raises ChildError."""
        self._runner = asyncio.create_task(self._run())
        try:
            await self.until_ready()
        except ChildError:
            await self.stop()
            raise

    async def until_ready(self) -> None:
        """Wait until it is ready; raises ChildError."""
        try:
            await asyncio.wait_for(self._ready.wait(), _START_SECONDS)
        except TimeoutError:
            raise ChildError(f"{' '.join(self._command[:3])} does not start") from None

    async def stop(self) -> None:
        """End it for good."""
        self._stopping = True
        self.kill()
        if self._runner is not None:
            await self._runner

    def kill(self) -> None:
        """End it at once; it is started again, unless it is being stopped."""
        self._ready.clear()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)

    def write(self, line: str) -> None:
        """Give it a line."""
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(line.encode() + b"\n")

    async def _run(self) -> None:
        while not self._stopping:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
            )
            self._process = process
            assert process.stdout is not None
            if self._stopping:
                self.kill()
            while line := await process.stdout.readline():
                self._heard(line.decode().rstrip("\n"))
            await process.wait()
            if not self._stopping:
                self._ready.clear()
                self.deaths += 1
                self.on_death()
                await asyncio.sleep(_PAUSE)

    def _heard(self, line: str) -> None:
        if self._ready_word in line:
            self._ready.set()
        self._take(line)
