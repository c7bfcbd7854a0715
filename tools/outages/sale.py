"""One sale with one outage: what the register, the customer and the failing service do, and what
came of it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import httpx

from host_sim.gateway import codes
from host_sim.phone import Phone, PhoneError
from host_sim.road import ROADS
from tools.outages.cases import Case
from tools.outages.site import Heard, Site
from tools.outages.verdict import Verdict, judge
from tools.register import RegisterError
from tools.register.client import Refused

_Act = Callable[[Phone, httpx.Response], Awaitable[httpx.Response]]
CURRENCY = "EUR"
_REASON = "insufficient_funds"
_AGAIN = 0.1
"""Seconds until who failed tries again: a cashier, a customer."""
_SECONDS = 40.0
"""How long a step of a sale may take, outage and all."""
_BEFORE_EXPIRY = 0.7
_FAILURES = (TimeoutError, RegisterError, PhoneError, OSError, RuntimeError, httpx.HTTPError)


@dataclass
class Outcome:
    """What came of a case."""

    case: Case
    order: str
    verdict: Verdict
    stuck: bool
    """It had not ended when patience did, or could not go on; `why` then."""
    seconds: float
    """From the return of the service to the last RESULT, or to the code that the service kept from
    being shown; 0 if that was before."""
    why: str = ""
    cancelled: frozenset[str] = frozenset()
    refusals: float = 0.0
    """The longest time from PAY to the RESULT that no code came."""

    @property
    def true(self) -> bool:
        """Whether it ended as it is true."""
        return self.verdict.agrees and not self.stuck

    @property
    def worst(self) -> float:
        """The longest that anyone waited."""
        return max(self.seconds, self.refusals)


@dataclass
class _Outage:
    """The fault, as a task of its own."""

    task: asyncio.Task[None] | None = None
    returned: float = 0.0
    begun: asyncio.Event = field(default_factory=asyncio.Event)


class Sale:
    """A case under way at a site."""

    def __init__(self, site: Site, case: Case, order: str, amount: int, patience: float) -> None:
        """patience: seconds from the return of the service after which a sale is stuck."""
        self._site = site
        self._case = case
        self._order = order
        self._amount = amount
        self._patience = patience
        self._outage = _Outage()
        self._heard_before = len(site.heard)
        self._cancelled: set[str] = set()
        self._refused_after = 0.0
        self._shown_at = 0.0

    async def run(self) -> Outcome:
        """The sale, until it has ended or patience has."""
        why = ""
        try:
            await self._steps()
            await self._over()
            await self._settle()
        except _FAILURES as error:
            why = f"{type(error).__name__}: {error}; the display said {self._said()}"
        finally:
            await self._clean_up()
        return self._outcome(why)

    def _outcome(self, why: str) -> Outcome:
        cancelled = frozenset(self._cancelled)
        verdict = judge(self._site.directory, self._order, cancelled)
        results = [heard.at for heard in self._heard("RESULT")]
        # A customer pays when it suits: a code is all that was kept from a register that asked.
        ends = [self._shown_at] if self._case.step == "request" else results
        ended = bool(ends and results)
        seconds = max(0.0, ends[-1] - self._outage.returned) if ended else self._patience
        stuck = bool(why) or not verdict.agrees
        return Outcome(
            self._case, self._order, verdict, stuck, seconds, why, cancelled, self._refused_after
        )

    # The outage.

    def _fail(self) -> None:
        """The service fails now, if it hasn't yet."""
        if self._outage.task is None:
            self._outage.task = asyncio.create_task(self._suffer())

    async def _suffer(self) -> None:
        fault = self._case.fault
        work = asyncio.create_task(fault.begin(self._site))
        await asyncio.sleep(0)  # it may wait for what is yet to come; the sale goes on
        self._outage.begun.set()
        await work
        await asyncio.sleep(fault.seconds)
        await fault.end(self._site)
        self._outage.returned = time.monotonic()

    async def _reach(self, step: str) -> None:
        """The sale is at a step; the service may fail at it."""
        if step == self._case.step:
            self._fail()
            await self._outage.begun.wait()

    def _fail_at_event(self) -> None:
        """Have it fail right when something happens at the backend."""
        words = {"at-pay": (" paid ", " failed "), "after-pay": (" is with ", " delivered ")}
        wanted = words.get(self._case.step)

        def listen(event: str) -> None:
            if wanted and any(word in f"{event} " for word in wanted):
                self._fail()

        if wanted:
            self._site.on_event = listen

    async def _over(self) -> None:
        """Wait until the service is back; what it fails at may be yet to come."""
        task = await self._site.until(lambda: self._outage.task, _SECONDS)
        async with asyncio.timeout(_SECONDS):
            await task

    async def _clean_up(self) -> None:
        """Leave the site as it was, with the service back."""
        self._site.on_event = lambda _: None
        task = self._outage.task
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._site.end_dead_connections()

    async def _settle(self) -> None:
        """Wait until both sides have ended and agree, and hear if anything comes after it."""
        site = self._site
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while not self._judged().agrees:
                    await asyncio.sleep(0.05)
                await site.until_ready(self._patience)
                return
        raise RuntimeError(f"not settled {self._patience:g} s after the service was back")

    def _judged(self) -> Verdict:
        return judge(self._site.directory, self._order, frozenset(self._cancelled))

    # The sale.

    async def _steps(self) -> None:
        site = self._site
        await self._reach("idle")
        await site.call(site.register.cart, self._order, CURRENCY, [], self._amount)
        await self._reach("cart")
        code = await self._shown()
        await asyncio.sleep(self._case.shown)
        await self._reach("code")
        await self._ends[self._case.end](self, code)
        if self._case.step == "result":
            await site.until(lambda: self._heard("RESULT"), _SECONDS)
            self._fail()

    async def _shown(self) -> str:
        """Ask for the payment, again whenever there is no code: the code."""
        async with asyncio.timeout(_SECONDS):
            while True:
                await self._reach("request")
                asked = time.monotonic()
                await self._pay_request()
                state = await self._site.until(self._begun, _SECONDS)
                if state.content["state"] == "qr":
                    self._shown_at = state.at
                    return await self._code()
                await self._site.until(partial(self._result_of, state), _SECONDS)
                self._refused_after = max(self._refused_after, time.monotonic() - asked)
                await asyncio.sleep(_AGAIN)

    async def _pay_request(self) -> None:
        """PAY, until it is taken."""
        register = self._site.register
        self._heard_before = len(self._site.heard)
        while True:
            try:
                await self._site.call(register.start_payment, self._order, self._amount, CURRENCY)
            except Refused as refused:
                if refused.reason.partition(" ")[0] != "no_network":
                    raise
                await asyncio.sleep(_AGAIN)
            else:
                return

    def _begun(self) -> Heard | None:
        """The first word on whether there is a code."""
        for heard in self._heard("STATUS"):
            if heard.content["state"] in ("qr", "failed"):
                return heard
        return None

    def _result_of(self, status: Heard) -> Heard | None:
        for heard in self._heard("RESULT"):
            if heard.content["attempt"] == status.content["attempt"]:
                return heard
        return None

    async def _code(self) -> str:
        """What the panel's code says, once it is this sale's."""
        while True:
            code = await self._site.bench.code_on_panel(_SECONDS)
            if self._is_ours(code):
                return self._site.at_backend(code)
            await asyncio.sleep(0.02)

    def _is_ours(self, code: str) -> bool:
        gateway = self._site.bench.gateway
        if "/P/" not in code:
            charge = gateway.store.of_text(code)
            return charge is not None and charge["order"] == self._order
        return codes.read(code.rpartition("/")[2], gateway.devices).order == self._order

    # How it ends.

    async def _end_paid(self, code: str) -> None:
        await self._with_phone(code, _pay)

    async def _end_declined(self, code: str) -> None:
        await self._with_phone(code, _decline)

    async def _end_cancelled(self, _: str) -> None:
        await self._reach("cancel")
        await self._cancel()

    async def _end_late(self, code: str) -> None:
        if ROADS[self._case.road].push:  # else it isn't heard anyway, and the phone may need it
            await self._reach("cancel")
        await self._with_phone(code, _pay)
        await self._reach("cancel")
        await self._cancel()

    async def _end_expired(self, _: str) -> None:
        await self._until_expiry()
        await self._site.until(lambda: self._heard("RESULT"), _SECONDS)

    async def _end_paid_late(self, code: str) -> None:
        await self._until_expiry()
        await self._site.until(lambda: self._in_state("unknown"), _SECONDS)
        await self._with_phone(code, _pay)

    _ends: ClassVar[dict[str, Callable[["Sale", str], Awaitable[None]]]] = {
        "paid": _end_paid,
        "declined": _end_declined,
        "cancelled": _end_cancelled,
        "late": _end_late,
        "expired": _end_expired,
        "paid-late": _end_paid_late,
    }

    async def _until_expiry(self) -> None:
        left = self._shown_at + self._site.kind.qr_seconds - _BEFORE_EXPIRY - time.monotonic()
        await asyncio.sleep(max(0.0, left))
        await self._reach("expiry")

    async def _cancel(self) -> None:
        attempt = self._heard("STATUS")[-1].content["attempt"]
        try:
            await self._site.call(self._site.register.cancel, self._order)
        except Refused as refused:
            if not refused.reason.startswith("already_paid"):
                raise
        else:
            self._cancelled.add(attempt)

    def _said(self) -> str:
        """The states that the display told of, since it was last asked for the payment."""
        return " ".join(heard.content["state"] for heard in self._heard("STATUS")) or "nothing"

    def _in_state(self, state: str) -> bool:
        return any(heard.content["state"] == state for heard in self._heard("STATUS"))

    def _heard(self, name: str) -> list[Heard]:
        """What came about this order since it was last asked for."""
        new = self._site.heard[self._heard_before :]
        return [
            heard for heard in new if heard.name == name and heard.content["order"] == self._order
        ]

    # The customer.

    async def _with_phone(self, code: str, act: _Act) -> None:
        """Open a code and end its charge, again while the backend can't be reached."""
        phone = self._site.bench.phone()
        self._fail_at_event()
        try:
            page = await _tried(lambda: phone.open(code))
            await self._reach("page")
            await self._reach("pay")
            await _tried(lambda: act(phone, page))
        finally:
            await phone.close()


def _pay(phone: Phone, page: httpx.Response) -> Awaitable[httpx.Response]:
    return phone.pay(page)


def _decline(phone: Phone, page: httpx.Response) -> Awaitable[httpx.Response]:
    return phone.decline(page, _REASON)


async def _tried(act: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Do it, again while it fails on the way."""
    async with asyncio.timeout(_SECONDS):
        while True:
            with contextlib.suppress(httpx.TransportError):
                return await act()
            await asyncio.sleep(_AGAIN)
