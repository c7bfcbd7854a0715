"""Pushes signed results to boards, again and again, until they have them."""

import asyncio
import logging
from collections.abc import Callable

import httpx

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 30.0
_TIMEOUT = 5.0
_log = logging.getLogger(__name__)


class Pusher:
    """One task a result; it ends when the board has taken the result or finally refused it."""

    def __init__(self, delivered: Callable[[str], None]) -> None:
        """delivered(attempt) is called when a board has a result."""
        self._delivered = delivered
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def push(self, receipt: dict, address: str, port: int) -> None:
        """Begin to deliver a receipt to the board at address and port."""
        attempt = receipt["attempt"]
        if attempt not in self._tasks:
            task = asyncio.create_task(self._deliver(receipt, f"http://{address}:{port}/result"))
            self._tasks[attempt] = task
            task.add_done_callback(lambda done: self._forget(attempt, done))

    async def stop(self) -> None:
        """Give up what is under way; it is pushed again once it is asked for again."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, attempt: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(attempt) is task:
            del self._tasks[attempt]

    async def _deliver(self, receipt: dict, url: str) -> None:
        pause = _FIRST_PAUSE
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            while not await self._accepted(client, receipt, url):
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
        self._delivered(receipt["attempt"])

    async def _accepted(self, client: httpx.AsyncClient, receipt: dict, url: str) -> bool:
        """Push once. A board that says "replayed" has the result: only its answer was lost."""
        try:
            response = await client.post(url, json=receipt)
            error = response.json().get("error", "") if response.status_code != 200 else ""
        except (httpx.HTTPError, ValueError) as problem:
            _log.warning("push to %s failed: %s", url, type(problem).__name__)
            return False
        if error and error != "receipt_replayed":
            _log.warning("push to %s was refused: %s", url, error)
        return response.status_code == 200 or error == "receipt_replayed"
