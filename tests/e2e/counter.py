"""A counter for end-to-end tests: a bench, a register and a phone, on both runtimes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from host_sim.bench import DEVICE, Bench
from host_sim.gateway import codes, receipts
from host_sim.phone import Phone
from tools.register import Register, ShopDatabase


class Counter:
    """A bench and a register whose calls are awaited."""

    def __init__(self, bench: Bench, register: Register, database: ShopDatabase) -> None:
        self.bench = bench
        self.register = register
        self.database = database
        self.devices = {DEVICE: codes.Device(DEVICE, bench.key)}

    async def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call something that waits, in a thread."""
        return await asyncio.to_thread(function, *arguments, **named)

    async def info(self) -> dict:
        """INFO of the display."""
        return dict(await self.call(self.register.info))

    async def until(self, ready: Callable[[dict], bool], seconds: float = 15) -> dict:
        """INFO once it satisfies `ready`."""
        async with asyncio.timeout(seconds):
            while not ready(info := await self.info()):
                await asyncio.sleep(0.02)
        return info

    async def show_code(self, order: str = "1001", amount: int = 1234) -> str:
        """Start a payment; the text of its code."""
        await self.call(self.register.start_payment, order, amount, "EUR")
        return await self.bench.code_on_panel()

    async def pay(self, code: str, javascript: bool = True) -> Phone:
        """A phone of this counter opens a code and pays; the phone, put away."""
        phone = self.bench.phone(javascript)
        try:
            await phone.pay(await phone.open(code))
        finally:
            await phone.close()
        return phone

    async def result(self, order: str = "1001") -> dict:
        """The RESULT of an order."""
        return dict(await self.call(self.register.wait_for_result, order, 20))

    def payment(self, url: str) -> codes.Payment:
        """What a code says."""
        return codes.read(url.rpartition("/")[2], self.devices)

    def receipt(self, url: str, state: str = "paid", **changes: Any) -> dict:
        """A receipt for a code, with changed fields, signed by the backend's key."""
        key = changes.pop("key", self.bench.key)
        payment = codes.Payment(**{**vars(self.payment(url)), **changes})
        return receipts.sign(payment, codes.Device(DEVICE, key), state, "T1")

    async def post(self, receipt: object) -> tuple[int, str]:
        """Post a receipt to the board, again if it is turned away, as the backend does; the
        status and the error's name."""
        async with asyncio.timeout(5), httpx.AsyncClient(trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.post(f"{self.bench.endpoint}/result", json=receipt)
                    return answer.status_code, answer.json().get("error", "")
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def counter(
    runtime: str,
    directory: Path,
    baud: int = 115200,
    prepare: Callable[[Bench], None] = lambda _: None,
    **settings: Any,
) -> AsyncIterator[Counter]:
    """A counter whose display is ready for a sale; prepare: called before anything is started."""
    bench = Bench(runtime, directory=directory, till_baud=baud, **settings)
    prepare(bench)
    database = ShopDatabase(f"sqlite:///{directory}/shop.db")
    async with bench:
        path = bench.board.line.path
        register = await asyncio.to_thread(Register, path, database, name="3", baud=baud)
        try:
            made = Counter(bench, register, database)
            await made.until(lambda info: not info["lacks"])
            yield made
        finally:
            await asyncio.to_thread(register.close)
            database.close()
    assert bench.board.panel.violations == []


async def pay(url: str) -> None:
    """A phone opens a code and pays."""
    await _with_phone(url, lambda phone, page: phone.pay(page))


async def decline(url: str, reason: str) -> None:
    """A phone opens a code and declines."""
    await _with_phone(url, lambda phone, page: phone.decline(page, reason))


async def _with_phone(
    url: str, act: Callable[[Phone, httpx.Response], Awaitable[httpx.Response]]
) -> None:
    phone = Phone()
    try:
        await act(phone, await phone.open(url))
    finally:
        await phone.close()
