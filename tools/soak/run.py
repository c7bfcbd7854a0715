"""Sales in a row on one board, paid, declined, cancelled and paid late; in between the board's heap
is looked at, when all is at rest."""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

import httpx

from host_sim.bench import DEVICE, SHOP
from host_sim.gateway.codes import Payment
from tools.outages.site import REGISTER, Heard, Kind, Site
from tools.outages.verdict import judge
from tools.register import RegisterError
from tools.soak.tally import Sample, Tally

PROBE = Path(__file__).parent / "probe.py"
ENDS = (*("paid",) * 4, "declined", "paid", "cancelled", "paid", "late", "paid")
"""How sales end, again and again: so the book of attempts has the same at each sample."""
_FIRST_ORDER = 100_000  # all order numbers are of one length
_AMOUNT = 123_456
_CURRENCY = "EUR"
_BAUD = 921_600
"""The fastest that the line can be: the sales are to be many."""
_LOOK_SECONDS = 0.03
"""A customer looks at the code, which is drawn meanwhile."""
_SETTLE_SECONDS = 1.0
"""After a sale: its last screen stands, and nothing is asked or sent any more."""
_EVERY = 100
"""Sales between two looks at the heap."""
_WARM = 4 * len(ENDS)
"""Sales before the first look: every place for an attempt has been taken, twice."""
_SECONDS = 20.0
_TOLD = 1000
"""Characters of the board's console."""
_USED = re.compile(r"GC: total: \d+, used: (\d+)")
_LARGEST = re.compile(r"max free sz: (\d+)")
_PROCESSOR = re.compile(r"processor: ([\d.]+)")
_BLOCK = 32  # bytes, with pointers of 64 bits


def places(sales: int) -> list[int]:
    """After how many sales to look at the heap; there are two looks at least."""
    step = min(_EVERY, max(1, sales // 2 // len(ENDS)) * len(ENDS))
    return sorted({*range(max(_WARM, step), sales, step), sales})


class Stuck(RuntimeError):
    """The board does not go on; the text has what it printed last."""


class Soak:
    """One board and its register."""

    def __init__(
        self, sales: int, kind: Kind, directory: Path, probe: Path, tell: Callable[[str], None]
    ) -> None:
        """sales: a multiple of len(ENDS); probe: what runs main.py; tell hears how far it is."""
        self._sales = sales
        self._tell = tell
        self._site = Site(kind, "micropython", directory, probe=probe, till_baud=_BAUD)
        self._cancelled: dict[str, str] = {}
        self._serial = ""
        self._read = 0
        self.tally = Tally()

    async def run(self) -> Tally:
        """All of it; raises Stuck, or what a site raises that does not start."""
        site, looks = self._site, places(self._sales)
        async with site.running(), httpx.AsyncClient(base_url=site.bench.backend.url) as phone:
            self._phone = phone
            self._serial = (await site.call(site.register.info))["serial"]
            for number in range(self._sales):
                try:
                    await self._sell(number)
                    if number + 1 in looks:
                        await self._look(number + 1)
                except (TimeoutError, RegisterError) as error:
                    said = site.bench.board.log.read_text()[-_TOLD:]
                    raise Stuck(f"{error!r} in sale {number + 1}; the board said {said}") from None
        self._check()
        self.tally.judge()
        return self.tally

    # A sale.

    async def _sell(self, number: int) -> None:
        """One sale; what came of it is judged in the end."""
        site, order = self._site, str(_FIRST_ORDER + number)
        site.heard.clear()
        begun = time.monotonic()
        await site.call(site.register.start_payment, order, _AMOUNT, _CURRENCY)
        status = await site.until(lambda: self._heard("STATUS", "state", "qr"), _SECONDS)
        attempt = status.content["attempt"]
        await asyncio.sleep(_LOOK_SECONDS)
        site.bench.gateway.store.open(self._payment(order, attempt))
        await self._ends[ENDS[number % len(ENDS)]](self, order, attempt)
        self.tally.seconds.append(time.monotonic() - begun)

    def _payment(self, order: str, attempt: str) -> Payment:
        """What the code says, without a look at it."""
        port = self._site.bench.endpoint_port
        where = (self._serial, "127.0.0.1", port)
        return Payment(DEVICE, *where, _AMOUNT, _CURRENCY, REGISTER, order, attempt, SHOP)

    async def _end_paid(self, _: str, attempt: str) -> None:
        await self._phone.post(f"/charges/{attempt}/pay")
        await self._result("paid")

    async def _end_declined(self, _: str, attempt: str) -> None:
        await self._phone.post(f"/charges/{attempt}/decline", data={"reason": "declined"})
        await self._result("failed")

    async def _end_cancelled(self, order: str, attempt: str) -> None:
        await self._site.call(self._site.register.cancel, order)
        self._cancelled[order] = attempt
        await self._result("cancelled")

    async def _end_late(self, order: str, attempt: str) -> None:
        """Paid, and the display hears of it only when it asks to have the charge closed."""
        gateway = self._site.bench.gateway
        gateway.ledger.settle(attempt, "paid", "T" + secrets.token_hex(8))
        await self._end_cancelled(order, attempt)
        await self._result("late")

    _ends: ClassVar[dict[str, Callable[["Soak", str, str], Awaitable[None]]]] = {
        "paid": _end_paid,
        "declined": _end_declined,
        "cancelled": _end_cancelled,
        "late": _end_late,
    }

    async def _result(self, outcome: str) -> None:
        await self._site.until(lambda: self._heard("RESULT", "outcome", outcome), _SECONDS)

    def _heard(self, name: str, field: str, value: str) -> Heard | None:
        """What the register has heard of this sale."""
        for heard in self._site.heard:
            if heard.name == name and heard.content[field] == value:
                return heard
        return None

    # A look at the heap.

    async def _look(self, sales: int) -> None:
        """Measure what the board has when all is at rest."""
        await asyncio.sleep(_SETTLE_SECONDS)
        board = self._site.bench.board
        self._read = board.log.stat().st_size
        (board.log.parent / "measure").touch()
        async with asyncio.timeout(_SECONDS):
            while not (found := _LARGEST.search(said := self._said())):
                await asyncio.sleep(0.05)
        used, processor = _USED.search(said), _PROCESSOR.search(said)
        assert used is not None and processor is not None
        largest = int(found[1]) * _BLOCK
        sample = Sample(sales, int(used[1]), largest, float(processor[1]))
        self.tally.samples.append(sample)
        self._tell(f"{sales} sales: {sample.used:,} bytes used, {sample.largest:,} in one piece")

    def _said(self) -> str:
        """What the board has printed since it was asked."""
        return self._site.bench.board.log.read_bytes()[self._read :].decode()

    # All sales.

    def _check(self) -> None:
        """Hold the register's database against the backend's, and see that the board is well."""
        site, complain = self._site, self.tally.complaints.append
        for number in range(self._sales):
            order = str(_FIRST_ORDER + number)
            cancelled = frozenset({self._cancelled.get(order, "")})
            verdict = judge(site.directory, order, cancelled)
            if not verdict.agrees:
                complain(f"order {order} ({ENDS[number % len(ENDS)]}): {verdict}")
        board = site.bench.board
        printed = [line for line in board.log.read_text().splitlines() if "Error" in line]
        if board.resets or printed or board.panel.violations:
            complain(f"{board.resets} resets, {printed}, {board.panel.violations}")
