"""One sale from the register to the database, headless: `make sale` (python -m host_sim.sale).

Prints each step as it happens, writes each screen as a PNG, and ends with one line of JSON. The
exit status is 0 only if the outcome that was asked for happened.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image
from tillqr.sale import money

from host_sim import english
from host_sim.bench import Bench, BenchTimeout
from host_sim.board import ROOT, RUNTIMES, BoardError
from host_sim.broker import BROKERS, BrokerError
from host_sim.phone import Phone, PhoneError
from host_sim.reader.wiring import BUSES
from host_sim.road import ROADS
from host_sim.shop_cards import KINDS, ShopCards
from host_sim.sole_use import DirectoryError, sole_use
from tools.register import Register, RegisterError, ShopDatabase
from tools.register.database import StorageError

OUTCOMES = {"paid": "paid", "declined": "failed", "cancelled": "cancelled", "expired": "expired"}
METHODS = {
    **dict.fromkeys(("qr", *KINDS), tuple(OUTCOMES)),
    "machine": ("paid", "declined", "cancelled"),
    "machine-direct": ("paid", "declined"),
    "passthrough": ("paid", "declined"),
}
"""How it is paid, and the outcomes that there are: by the code on the panel, by a card at the
display's reader, or at a card machine, which is wired to the display or to the register, or which
the register speaks to through the display."""
_SETTINGS = {"machine": {"machine": "link"}, "passthrough": {"machine": "transparent"}}
_SECONDS_TO_EXPIRE = 5
_SECONDS_TO_RESULT = 30
"""On a road without pushes the display asks each 15 s."""
_ITEMS = (("Milk 1 l", "2", 2), ("Bread", "1", 5), ("Apples", "0.532 kg", 3))


class SaleError(RuntimeError):
    """The sale did not go as it was asked; the text says where."""


_FAILURES = (
    BenchTimeout,
    BoardError,
    BrokerError,
    DirectoryError,
    PhoneError,
    RegisterError,
    SaleError,
    StorageError,
)


class Sale:
    """A sale under way, with its steps and screens."""

    def __init__(self, arguments: argparse.Namespace, bench: Bench, register: Register) -> None:
        self._arguments = arguments
        self._bench = bench
        self._register = register
        self._order = arguments.order or time.strftime("%y%m%d%H%M%S")
        self._picture: Image.Image | None = None
        self._began = time.monotonic()
        self._steps: dict[str, int] = {}
        self._qr_text = ""

    def _step(self, name: str, words: str) -> None:
        took = round((time.monotonic() - self._began) * 1000)
        self._steps[name] = took
        self._began = time.monotonic()
        print(f"{took:6d} ms  {words}", flush=True)

    async def _screen(self, name: str) -> None:
        """Wait for the next picture on the panel and keep it."""
        self._picture = await self._bench.next_picture(self._picture)
        self._picture.save(self._arguments.directory / f"{len(self._steps):02d}-{name}.png")

    async def run(self) -> str:
        """Run to the end; return the outcome."""
        info = await asyncio.to_thread(self._register.info)
        await self._wait_until_ready()
        await self._screen("idle")
        self._step("start", f"display {info['device']} answers; the idle screen is on")
        await self._cart()
        await self._code()
        result = await getattr(self, "_" + self._arguments.outcome)()
        self._check(result)
        self._check_ends()
        await self._screen(result["outcome"])
        self._step("screen", f"the panel says so; the database has it: {result['outcome']}")
        return str(result["outcome"])

    async def _wait_until_ready(self) -> None:
        """Until the display has all that a sale by code needs."""
        lacks = ""
        for _ in range(200):
            info = await asyncio.to_thread(self._register.info)
            lacks = info["lacks"]
            if not lacks:
                return
            await asyncio.sleep(0.05)
        raise SaleError(f"the display is not ready: it lacks {lacks}")

    async def _cart(self) -> None:
        amount, currency = self._arguments.amount, self._arguments.currency
        lines = []
        left = amount
        for name, quantity, part in _ITEMS:
            price = left // part
            left -= price
            lines.append({"name": name, "quantity": quantity, "amount": price})
        lines.append({"name": "Coffee", "quantity": "1", "amount": left})
        await asyncio.to_thread(self._register.cart, self._order, currency, lines, amount)
        await self._screen("cart")
        self._step("cart", f"cart of {len(lines)} lines, {english.money(amount, currency)}")

    async def _code(self) -> None:
        arguments = self._arguments
        pay = (self._order, arguments.amount, arguments.currency, None)
        await asyncio.to_thread(self._register.start_payment, *pay)
        await self._screen("choose")
        self._step("pay", f"PAY for order {self._order} taken; the customer may choose")
        self._bench.board.press("qr_key")
        self._qr_text = await self._bench.code_on_panel()
        await self._screen("qr")
        self._step("qr", f"QR key pressed; the panel's pixels say {self._qr_text[:48]}...")

    async def _result(self) -> dict:
        waiting = self._register.wait_for_result
        result = await asyncio.to_thread(waiting, self._order, _SECONDS_TO_RESULT)
        self._step("result", f"RESULT at the register, stored: {result['outcome']}")
        return result

    async def _paid(self) -> dict:
        phone = self._bench.phone()
        page = await phone.open(self._qr_text)
        self._step("phone", "the phone opened the page")
        await phone.pay(page)
        await phone.close()
        self._step("backend", f"the phone paid{_carried(phone)}")
        return await self._result()

    async def _declined(self) -> dict:
        phone = self._bench.phone()
        page = await phone.open(self._qr_text)
        self._step("phone", "the phone opened the page")
        await phone.decline(page, self._arguments.reason)
        await phone.close()
        self._step("backend", f"the phone declined: {self._arguments.reason}{_carried(phone)}")
        return await self._result()

    async def _cancelled(self) -> dict:
        await asyncio.to_thread(self._register.cancel, self._order)
        self._step("cancel", "the register cancelled")
        return await self._result()

    async def _expired(self) -> dict:
        await self._bench.code_gone(_SECONDS_TO_EXPIRE + 10)
        self._step("unknown", "nobody paid in time: the display asks the backend")
        return await self._result()

    def _check(self, result: dict) -> None:
        """The result must say what was asked for, of the very same money."""
        wanted = {
            "outcome": OUTCOMES[self._arguments.outcome],
            "amount": self._arguments.amount,
            "currency": self._arguments.currency,
            "reason": self._arguments.reason if self._arguments.outcome == "declined" else "",
        }
        for name, value in wanted.items():
            if result.get(name, "") != value:
                raise SaleError(f"RESULT says {name} {result.get(name)!r}, not {value!r}")

    def _check_ends(self) -> None:
        """What else took part must agree; raises SaleError."""

    def report(self, outcome: str) -> dict:
        """The last line."""
        return {
            "order": self._order,
            "outcome": outcome,
            "runtime": self._arguments.runtime,
            "method": self._arguments.method,
            "road": self._arguments.road,
            "amount": self._arguments.amount,
            "currency": self._arguments.currency,
            "db_rows": paid_rows(self._arguments.db, self._order),
            "qr_text": self._qr_text,
            "steps_ms": self._steps,
        }


def _carried(phone: Phone) -> str:
    return f"; its page took the result to the display: {phone.carried}" if phone.carried else ""


def paid_rows(url: str, order: str) -> int:
    """How many paid rows of an order the database holds, read apart from the register."""
    question = 'SELECT count(*) FROM sales WHERE "order" = ?'
    if url.startswith("sqlite:///"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            return int(connection.execute(question, (order,)).fetchone()[0])
    with sa.create_engine(url).connect() as connection:
        statement = sa.text(question.replace("?", ":order"))
        return int(connection.execute(statement, {"order": order}).scalar_one())


@contextlib.asynccontextmanager
async def _made(
    arguments: argparse.Namespace, bench: Bench, register: Register, cards: ShopCards | None
) -> AsyncIterator[Sale]:
    """The sale of the method, with all that it needs."""
    if arguments.method == "qr":
        yield Sale(arguments, bench, register)
        return
    from host_sim import machine_sale, tap_sale  # which have Sale from here

    if cards:
        yield tap_sale.TapSale(arguments, bench, register, cards)
        return
    async with machine_sale.make(arguments, bench, register) as sale:
        yield sale


async def run(arguments: argparse.Namespace) -> dict:
    """Set up the bench and the register, run the sale, and return the report."""
    with sole_use(arguments.directory):
        _clear(arguments.directory)
        return await _run(arguments)


def _clear(directory: Path) -> None:
    """Remove what an earlier sale left, and nothing else: the directory may be anybody's."""
    for picture in directory.glob("[0-9][0-9]-*.png"):
        picture.unlink()
    (directory / "shop.db").unlink(missing_ok=True)
    shutil.rmtree(directory / "bench", ignore_errors=True)


async def _run(arguments: argparse.Namespace) -> dict:
    expiring = arguments.outcome == "expired"
    settings: dict[str, Any] = {"qr_seconds": _SECONDS_TO_EXPIRE} if expiring else {}
    settings |= _SETTINGS.get(arguments.method, {})

    def tell(words: str) -> None:
        print(f"{'backend':>9}  {words}", flush=True)

    directory = arguments.directory / "bench"
    tapped = arguments.method in KINDS
    cards = ShopCards(directory, arguments.currency) if tapped else None
    bench = Bench(
        arguments.runtime,
        arguments.board,
        directory,
        tell,
        road=arguments.road,
        broker=arguments.broker,
        reader=arguments.reader if tapped else "",
        cards=cards.known if cards else None,
        **settings,
    )
    database = ShopDatabase(arguments.db)
    async with bench:
        register = await asyncio.to_thread(Register, bench.board.line.path, database, name="3")
        try:
            async with _made(arguments, bench, register, cards) as sale:
                outcome = await sale.run()
        finally:
            await asyncio.to_thread(register.close)
            database.close()
        if bench.board.resets:
            raise SaleError(f"the board reset {bench.board.resets} times")
        if bench.board.panel.violations:
            raise SaleError(f"the panel was misused: {bench.board.panel.violations[0]}")
    report = sale.report(outcome)
    if report["db_rows"] != (outcome == "paid"):
        raise SaleError(f"the database holds {report['db_rows']} paid rows")
    return report


def _parser() -> argparse.ArgumentParser:
    build = ROOT / "build" / "sale"
    parser = argparse.ArgumentParser(prog="sale", description=__doc__.splitlines()[0])
    parser.add_argument("--runtime", choices=RUNTIMES, default="micropython")
    parser.add_argument("--method", choices=METHODS, default="qr")
    parser.add_argument("--outcome", choices=sorted(OUTCOMES), default="paid")
    parser.add_argument("--reason", default="insufficient_funds", help="of a declined payment")
    parser.add_argument("--amount", type=int, default=1234, help="in minor units")
    parser.add_argument("--currency", default="EUR", help="ISO 4217 code")
    roads = "how the result comes (default: http, or mqtts for taps)"
    parser.add_argument("--road", choices=ROADS, help=roads)
    parser.add_argument("--reader", choices=BUSES, default="hsu", help="the card reader's bus")
    parser.add_argument("--broker", choices=BROKERS, default="amqtt", help="of mqtt and mqtts")
    parser.add_argument("--order", default="", help="order number (default: the time)")
    parser.add_argument("--board", default="devkit_240x320")
    parser.add_argument("--db", default="", help="SQLAlchemy URL (default: shop.db there)")
    words = "for the PNGs and the board's and the shop's data (default: build/sale)"
    parser.add_argument("--directory", type=Path, default=build, help=words)
    return parser


def main() -> int:
    """The command."""
    parser = _parser()
    arguments = parser.parse_args()
    try:
        money.exponent(arguments.currency)
    except money.UnknownCurrency:
        parser.error(f"{arguments.currency!r} is no ISO 4217 currency")
    if not money.is_amount(arguments.amount):
        parser.error(f"the amount must be from 1 to {money.MAX_AMOUNT} minor units")
    if arguments.outcome not in METHODS[arguments.method]:
        known = ", ".join(METHODS[arguments.method])
        parser.error(f"{arguments.method} can only end {known}")
    if not arguments.road:
        arguments.road = "mqtts" if arguments.method in KINDS else "http"
    if arguments.method in KINDS and not ROADS[arguments.road].tls:
        known = " or ".join(name for name, road in ROADS.items() if road.tls)
        parser.error(f"cards go by verified TLS only: with {arguments.method} the road is {known}")
    if not arguments.db:
        arguments.db = f"sqlite:///{arguments.directory}/shop.db"
    try:
        report = asyncio.run(run(arguments))
    except _FAILURES as error:
        print(f"sale: {error}", *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
