"""A sample of the attacks on a whole board of the bench, while a sale's code is on its panel.

Each sale gets its share of forged bodies and then its true receipt. The register's database must
have exactly the sales, and the board's counters must say what was refused.
"""

import asyncio
import contextlib
import itertools
import random
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx

from host_sim.bench import DEVICE, Bench, BenchTimeout
from host_sim.gateway import codes
from tools.attack import dress, rounds, rule
from tools.attack.scene import CURRENCIES, PAYMENT, Display, Scene, some_receipt
from tools.attack.signing import Receipt
from tools.attack.tally import ACCEPTED, REFUSALS, Tally
from tools.register import Register, RegisterError, ShopDatabase

_REGISTER = "3"
_TRANSPORT = {"body_too_large"}
"""What refuses a body before it is looked at."""
_SECONDS = 20


class Way(Protocol):
    """How a body reaches the board."""

    name: str

    async def deliver(self, body: bytes) -> str:
        """ACCEPTED, or the name of what refused the body."""

    async def close(self) -> None:
        """Let go of it."""


class Http:
    """To the board's own endpoint (PROTOCOL.md, 9)."""

    name = "HTTP"

    def __init__(self, bench: Bench) -> None:
        self._client = httpx.AsyncClient(trust_env=False)
        self._url = f"{bench.endpoint}/result"

    async def deliver(self, body: bytes) -> str:
        """As Way's; again if the board turns a connection away, as the backend does."""
        headers = {"Content-Type": "application/json"}
        async with asyncio.timeout(_SECONDS):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await self._client.post(self._url, content=body, headers=headers)
                    return ACCEPTED if answer.status_code == 200 else answer.json()["error"]
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        """As Way's."""
        await self._client.aclose()


def run(forged: int, sales: int, seed: int, way: Callable[[Bench], Way] = Http) -> Tally:
    """Make sales, each with its share of forged bodies before its true receipt."""
    with tempfile.TemporaryDirectory() as directory:
        shares = [forged * (at + 1) // sales - forged * at // sales for at in range(sales)]
        return asyncio.run(_run(shares, random.Random(f"{seed}"), way, Path(directory)))


async def _run(
    shares: list[int], rng: random.Random, make_way: Callable[[Bench], Way], directory: Path
) -> Tally:
    bench = Bench("micropython", directory=directory)
    database = ShopDatabase(f"sqlite:///{directory}/shop.db")
    async with bench:
        line, way = bench.board.line.path, make_way(bench)
        register = await asyncio.to_thread(Register, line, database, name=_REGISTER)
        attack = _Attack(bench, register, way, rng)
        try:
            await attack.joined()
            for share in shares:
                await attack.sell(share)
            await attack.check(directory / "shop.db")
        except (RegisterError, BenchTimeout, TimeoutError) as error:
            attack.tally.complain(f"the board does not answer as it should: {error}")
        finally:
            await way.close()
            await asyncio.to_thread(register.close)
            database.close()
    return attack.tally


class _Attack:
    """One board under attack, from sale to sale."""

    def __init__(self, bench: Bench, register: Register, way: Way, rng: random.Random) -> None:
        self._bench = bench
        self._register = register
        self._way = way
        self._rng = rng
        self._display = Display(DEVICE, bench.key, int(str(bench.settings["key_number"])))
        self._sold: list[Receipt] = []
        self.tally = Tally(f"a board, over {way.name}", REFUSALS | _TRANSPORT)

    async def joined(self) -> None:
        """Wait until the board is in its network."""
        async with asyncio.timeout(_SECONDS):
            while not (await self._info())["network"]:
                await asyncio.sleep(0.05)

    async def sell(self, forged: int) -> None:
        """One sale with its attacks."""
        main = await self._shown()
        other = some_receipt(self._rng, self._display)
        scene = Scene(self._display, main, other, {main["attempt"]: main}, self._sold, ())
        bad = (step for step in rounds.tries(self._rng, scene) if step.sort == rule.FORGED)
        for step in itertools.islice(bad, forged):
            await self._give(step.sort, step.group, step.content, [])
        body = dress.dressed(self._rng, main)
        await self._give(rule.GENUINE, "sale", body, rounds.taken(main))
        result = await asyncio.to_thread(self._register.wait_for_result, main["order"], _SECONDS)
        if result["outcome"] != "paid":
            self.tally.complain(f"order {main['order']} is {result['outcome']}, not paid")
        self._sold.append(main)

    async def _shown(self) -> Receipt:
        """A new sale's code is on the panel: the receipt that will pay it."""
        rng, order = self._rng, str(1001 + len(self._sold))
        amount, currency = rng.randint(1, 10**6), rng.choice(CURRENCIES)
        await asyncio.to_thread(self._register.start_payment, order, amount, currency)
        known = {DEVICE: codes.Device(DEVICE, self._display.key, self._display.number)}
        async with asyncio.timeout(_SECONDS):
            while True:  # the last sale's code may still be there
                url = await self._bench.code_on_panel()
                payment = codes.read(url.rpartition("/")[2], known)
                if payment.order == order:
                    break
                await asyncio.sleep(0.05)
        fields = {"version": 1, "device": DEVICE, "attempt": payment.attempt, "reason": ""}
        fields.update({name: getattr(payment, name) for name in PAYMENT})
        fields.update({"state": "paid", "transaction": f"T{order}", "key": self._display.number})
        return self._display.sign(fields)

    async def _give(self, sort: str, group: str, body: bytes, right: list) -> None:
        said = await self._way.deliver(body)
        answer = right if right and said == ACCEPTED else [said]
        self.tally.judged(sort, group, body, answer, right)

    async def check(self, database: Path) -> None:
        """Hold the register's database and the board's counters against what was done."""
        tally, board = self.tally, self._bench.board
        with sqlite3.connect(database) as connection:
            for table in ("sales", "attempts"):
                names = ", ".join(f'"{name}"' for name in ("attempt", *PAYMENT, "transaction"))
                found = sorted(connection.execute(f"SELECT {names} FROM {table}"))
                if found != sorted(_row(receipt) for receipt in self._sold):
                    tally.complain(f"the register's {table} are {found}")
        counters = (await self._info())["counters"]
        for name in REFUSALS:
            said = sum(row.names[name] for row in tally.rows.values())
            if counters.get(name, 0) != said:
                tally.complain(f"the board counts {name} {counters.get(name, 0)}, not {said}")
        faults = [name for name in counters if name.startswith("fault_")]
        if faults or board.resets or board.panel.violations:
            tally.complain(f"{faults}, {board.resets} resets, {board.panel.violations}")

    async def _info(self) -> dict:
        return dict(await asyncio.to_thread(self._register.info))


def _row(receipt: Receipt) -> tuple:
    return tuple(receipt[name] for name in ("attempt", *PAYMENT, "transaction"))
