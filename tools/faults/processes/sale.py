"""One sale in which a process is killed: the blow, the cashier, the customer, and the outcome."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from host_sim.gateway import codes
from host_sim.phone import PhoneError
from tools.faults.processes.cases import Case
from tools.faults.processes.counter import Counter, Gone, Refused
from tools.outages.verdict import Verdict, judge

CURRENCY = "EUR"
_REASON = "insufficient_funds"
_AGAIN = 0.1
_LINGER = 0.5
_TOLD = 12
_MONEY = ("paid", "late")
_FAILURES = (TimeoutError, RuntimeError, OSError, httpx.HTTPError)
STATES = ("survived", "lost", "doubled", "stuck")


@dataclass
class Outcome:
    """What came of a case."""

    case: Case
    order: str
    verdict: Verdict
    reached: bool
    """Whether the sale came to the moment."""
    seconds: float
    """From the blow to the end."""
    why: str = ""
    """Why it could not go on."""
    cancelled: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        """One of STATES."""
        verdict = self.verdict
        pairs = zip(verdict.recorded.split(), verdict.true.split(), strict=True)
        if any(true in _MONEY and said not in _MONEY for said, true in pairs):
            return "lost"
        if verdict.doubled:
            return "doubled"
        return "stuck" if self.why or not verdict.agrees else "survived"


class Blow:
    """Kills a process at its moment, once, or twice where the case says "again"."""

    def __init__(self, case: Case, counter: Counter) -> None:
        self._case = case
        self._counter = counter
        self._place, _, again = case.where.partition("-")
        self._waits_for_word = bool(again) or case.where == "word"
        self._count = 0
        self._deaths = counter.backend.deaths + counter.till.deaths
        self.struck_at = 0.0

    @property
    def reached(self) -> bool:
        """Whether it has been struck for the last time."""
        return self.struck_at > 0

    async def arm(self) -> None:
        """Lie in wait from now on."""
        counter, case = self._counter, self._case
        counter.bench.board.line.on_frame = lambda _: self._passes("line")
        counter.on_word = self._word
        if counter.relay:
            counter.relay.on_piece = lambda _: self._passes("broker")
        if case.who == "backend":
            counter.backend.die_at(case.said)
        if case.where == "commit":
            await counter.till.call("die")

    def disarm(self) -> None:
        """Strike no more."""
        counter = self._counter
        counter.bench.board.line.on_frame = lambda _: True
        counter.on_word = lambda _: None
        if counter.relay:
            counter.relay.on_piece = lambda _: True
        counter.backend.live()

    def look(self) -> None:
        """See whether who was to die by itself has."""
        deaths = self._counter.backend.deaths + self._counter.till.deaths
        if deaths > self._deaths and not self.struck_at:
            self.struck_at = time.monotonic()

    def _passes(self, place: str) -> bool:
        """Whether a frame or piece goes on."""
        if self._waits_for_word or place != self._place or self.reached:
            return True
        self._count += 1
        if self._count < self._case.at:
            return True
        self._strike()
        return not self._case.lost

    def _strike(self) -> None:
        self.struck_at = time.monotonic()
        self._counter.strike(self._case.who)

    def _word(self, words: str) -> None:
        if self._case.who != "board" or not self._waits_for_word or self._case.said not in words:
            return
        self._waits_for_word = False
        if self._case.where == "word":
            self._strike()
        else:
            self._counter.strike("board")


class Sale:
    """A case under way at a counter."""

    def __init__(self, counter: Counter, case: Case, order: str, amount: int) -> None:
        self._counter = counter
        self._case = case
        self._order = order
        self._amount = amount
        self._blow = Blow(case, counter)
        self._has_acted = False
        self._restarted = False
        self._attempt = ""
        self._told: list[str] = []
        self._cancelling = False
        self._cancelled: set[str] = set()

    async def run(self, patience: float) -> Outcome:
        """The sale, until it has ended or patience has: seconds since it began, and as long again
        since the blow."""
        counter, why = self._counter, ""
        counter.on_hear = self._hear
        try:
            async with asyncio.timeout(patience):
                await self._blow.arm()
                await self._both(patience)
                await self._linger()
            self._blow.disarm()
            await counter.until_ready(patience)
        except _FAILURES as error:
            why = f"{type(error).__name__}: {error}; {', '.join(self._told[-_TOLD:])}"
        finally:
            self._blow.disarm()
            counter.on_hear = lambda _, __: None
        cancelled = frozenset(self._cancelled)
        verdict = judge(counter.directory, self._order, cancelled)
        seconds = time.monotonic() - self._blow.struck_at if self._blow.reached else 0.0
        return Outcome(
            self._case, self._order, verdict, self._blow.reached, seconds, why, cancelled
        )

    async def _both(self, patience: float) -> None:
        """Cashier and customer, each at the own pace."""
        tasks = [asyncio.create_task(one) for one in (self._customer(patience), self._cashier())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _linger(self) -> None:
        """The sale is over; the last of its messages may still be on their way."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                while not self._blow.reached:
                    await self._news()
                    self._blow.look()

    # The cashier, with a register that may have died, or heard of a display that had.

    async def _cashier(self) -> None:
        await self._tried("cart", self._order, CURRENCY, [], self._amount)
        await self._ask()
        while not self._is_over():
            await self._news()
            if self._restarted:
                self._restarted = False
                await self._resume()
            elif self._case.end == "cancelled" and self._has_acted and not self._cancelling:
                await self._cancel()

    def _is_over(self) -> bool:
        """Whether all is on record as it is true."""
        self._blow.look()
        verdict = judge(self._counter.directory, self._order, frozenset(self._cancelled))
        return verdict.agrees and verdict.recorded != "" and self._has_acted

    async def _news(self) -> None:
        """Wait until something is heard, or a little."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN):
                await self._counter.changed.wait()
        self._counter.changed.clear()

    async def _resume(self) -> None:
        """Ask what became of the order, and for the payment again if the display has not heard of
        it; from a customer who has paid nothing is taken twice."""
        status = await self._tried("query", self._order)
        if not status or not status["state"]:
            self._restarted = True
        elif status["state"] == "none" and not self._is_over():
            await self._ask()
            if self._has_acted:
                await self._cancel()
        elif self._cancelling and status["state"] in ("qr", "unknown", "preparing"):
            await self._cancel()

    async def _ask(self) -> None:
        """PAY, until it is taken, or known to be paid, or the register has died of it."""
        while True:
            said = await self._tried("start_payment", self._order, self._amount, CURRENCY)
            if not said or said["refused"] == "already_paid":
                return
            await asyncio.sleep(_AGAIN)

    async def _cancel(self) -> None:
        self._cancelling = True
        attempt = self._attempt
        if await self._tried("cancel", self._order) is None:
            self._cancelled.add(attempt)

    async def _tried(self, name: str, *arguments: object) -> dict | None:
        """A call of the register's: its answer, or {"refused": reason}, or {} if it died."""
        try:
            answer = await self._counter.till.call(name, *arguments)
        except Refused as refused:
            self._told.append(f"{name} refused: {refused}")
            return {"refused": str(refused), "state": ""}
        except Gone:
            return {}
        return dict(answer) if answer is not None else None

    def _hear(self, name: str, content: dict) -> None:
        """From the display, by the register; "" if that has died."""
        self._told.append(str(content.get("state") or content.get("outcome") or name or "died"))
        if name in ("", "HELLO"):
            self._restarted = True
        elif content.get("order") == self._order and content.get("attempt"):
            self._attempt = content["attempt"]
            if self._cancelling and content.get("outcome") == "cancelled":
                self._cancelled.add(content["attempt"])

    # The customer.

    async def _customer(self, patience: float) -> None:
        phone = self._counter.bench.phone()
        try:
            code = await self._code(patience)
            page = await _until(lambda: phone.open(code))
            if self._case.end == "paid":
                await _until(lambda: phone.pay(page))
            elif self._case.end == "declined":
                await _until(lambda: phone.decline(page, _REASON))
            self._has_acted = True
        finally:
            await phone.close()

    async def _code(self, patience: float) -> str:
        """What the panel's code says, once it is this order's."""
        known = self._counter.bench.gateway.devices
        while True:
            code = await self._counter.bench.code_on_panel(patience)
            if codes.read(code.rpartition("/")[2], known).order == self._order:
                return code
            await asyncio.sleep(0.02)


async def _until(act: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Do it, again while it fails on the way."""
    while True:
        with contextlib.suppress(httpx.TransportError, PhoneError):
            return await act()
        await asyncio.sleep(_AGAIN)
