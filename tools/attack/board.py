"""A sample of the attacks on a whole board of the bench, while a sale's code is on its panel, by
either way that a result may come.

Each sale gets its share of forged bodies and then its true receipt. The register's database must
have exactly the sales, and the board's counters must say what was refused.
"""

import asyncio
import itertools
import random
import sqlite3
import tempfile
from pathlib import Path

from host_sim.bench import DEVICE, Bench, BenchTimeout
from host_sim.gateway import codes
from tools.attack import dress, rounds, rule
from tools.attack.scene import CURRENCIES, PAYMENT, Display, Scene, some_receipt
from tools.attack.signing import Receipt
from tools.attack.tally import ACCEPTED, REFUSALS, Tally
from tools.attack.target import JUDGE
from tools.attack.ways import SECONDS, Broker, Http, MakeWay, Way
from tools.register import Register, RegisterError, ShopDatabase

_REGISTER = "3"
_TOLD = 1000
"""Characters of the board's console."""
WAYS: tuple[MakeWay, ...] = (Http, Broker)


def run(forged: int, sales: int, seed: int, way: MakeWay = Http) -> Tally:
    """Make sales, each with its share of forged bodies before its true receipt."""
    with tempfile.TemporaryDirectory() as directory:
        shares = [forged * (at + 1) // sales - forged * at // sales for at in range(sales)]
        return asyncio.run(_run(shares, random.Random(f"{seed}"), way, Path(directory)))


async def _run(shares: list[int], rng: random.Random, make_way: MakeWay, directory: Path) -> Tally:
    road = "mqtt" if make_way is Broker else "http"
    bench = Bench("micropython", directory=directory, road=road, broker="mosquitto")
    database = ShopDatabase(f"sqlite:///{directory}/shop.db")
    async with bench:
        line = bench.board.line.path
        register = await asyncio.to_thread(Register, line, database, name=_REGISTER)
        way = make_way(bench, lambda: register.info()["counters"])
        attack = _Attack(bench, register, way, rng)
        try:
            await attack.joined()
            for share in shares:
                await attack.sell(share)
            await attack.check(directory / "shop.db")
        except (RegisterError, BenchTimeout, TimeoutError) as error:
            said = bench.board.log.read_text(errors="replace")[-_TOLD:]
            attack.tally.complain(f"the board does not answer as it should: {error!r}; {said!r}")
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
        self._display = Display(DEVICE, ((int(str(bench.settings["key_number"])), bench.key),))
        self._sold: list[Receipt] = []
        self.tally = Tally(f"a board, over {way.name}", REFUSALS | way.own)

    async def joined(self) -> None:
        """Wait until a result could reach the board."""
        async with asyncio.timeout(SECONDS):
            while (await self._info())["lacks"]:
                await asyncio.sleep(0.05)

    async def sell(self, forged: int) -> None:
        """One sale with its attacks."""
        main = await self._shown()
        other = some_receipt(self._rng, self._display)
        scene = Scene(self._display, main, other, {main["attempt"]: main}, self._sold, ())
        tries = rounds.tries(self._rng, scene)
        forgeries = (one for one in tries if (one.kind, one.sort) == (JUDGE, rule.FORGED))
        bad = (one for one in forgeries if len(one.content) <= self._way.most)
        for step in itertools.islice(bad, forged):
            await self._give(step.sort, step.group, step.content, [])
        body = dress.dressed(self._rng, main)
        await self._give(rule.GENUINE, "sale", body, rounds.taken(main))
        result = await asyncio.to_thread(self._register.wait_for_result, main["order"], SECONDS)
        if result["outcome"] != "paid":
            self.tally.complain(f"order {main['order']} is {result['outcome']}, not paid")
        self._sold.append(main)

    async def _shown(self) -> Receipt:
        """A new sale's code is on the panel: the receipt that will pay it."""
        rng, order = self._rng, str(1001 + len(self._sold))
        amount, currency = rng.randint(1, 10**6), rng.choice(CURRENCIES)
        await asyncio.to_thread(self._register.start_payment, order, amount, currency)
        known = {DEVICE: codes.Device(DEVICE, self._display.key, self._display.number)}
        async with asyncio.timeout(SECONDS):
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
