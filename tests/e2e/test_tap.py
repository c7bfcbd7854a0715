"""Cards and phones at the display's own reader, on a board in full: what is paid, what is told, and
that nothing is paid twice. Everything but plastic and radio is real."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from host_sim.board import RUNTIMES
from host_sim.cards.card import Card
from host_sim.cards.classic import Classic
from host_sim.cards.emv import EmvCard
from host_sim.cards.wallet import Wallet
from host_sim.reader.field import HAND_SECONDS
from host_sim.reader.wiring import BUSES
from host_sim.shop_cards import ShopCards
from tests.e2e.counter import Counter, counter
from tests.e2e.test_sale import run_sale
from tools.register import Refused

EVERY = [(runtime, bus) for runtime in RUNTIMES for bus in BUSES]
METHODS = ("ntag", "sun", "emv", "wallet")


@contextlib.asynccontextmanager
async def tap_counter(
    runtime: str, directory: Path, road: str = "mqtts", bus: str = "hsu"
) -> AsyncIterator[tuple[Counter, ShopCards]]:
    """A counter with a reader, and the shop's cards."""
    cards = ShopCards(directory, "EUR")
    async with counter(runtime, directory, road=road, reader=bus, cards=cards.known) as made:
        await made.until(lambda info: info["reader"] != "silent")
        yield made, cards


async def start(made: Counter, method: str | None = "tap", order: str = "1001") -> None:
    """The register asks for a payment."""
    await made.call(made.register.start_payment, order, 1234, "EUR", method)


async def until_state(made: Counter, *states: str) -> dict:
    """INFO once the display is in a state."""
    return await made.until(lambda info: info["state"] in states)


async def notice(made: Counter, order: str = "1001") -> str:
    """What STATUS says beside the state."""
    return str((await made.call(made.register.query, order)).get("reason", ""))


def hold(made: Counter, *cards: Card) -> None:
    """Hold cards to the reader."""
    assert made.bench.board.field is not None
    made.bench.board.field.put(*cards)


async def take_away(made: Counter) -> None:
    """Take all cards away, for as long as a hand takes at least."""
    assert made.bench.board.field is not None
    made.bench.board.field.take_away()
    await asyncio.sleep(HAND_SECONDS)


def charges(made: Counter) -> dict[str, str]:
    """The backend's charges that ended, by attempt."""
    found = made.database.attempts("3", "1001")
    rows = [made.bench.gateway.store.get(row["attempt"]) for row in found]
    return {row["attempt"]: row["state"] for row in rows if row is not None}


@pytest.mark.parametrize(("runtime", "bus"), EVERY)
def test_every_kind_of_card_on_every_bus(runtime: str, bus: str, tmp_path: Path) -> None:
    method = METHODS[(EVERY.index((runtime, bus)) + 1) % len(METHODS)]
    for outcome in ("paid", "declined") if runtime == "micropython" else ("paid",):
        options = ("--runtime", runtime, "--method", method, "--reader", bus, "--outcome", outcome)
        run = run_sale(tmp_path / outcome, *options)
        assert run.returncode == 0, run.stdout + run.stderr
        report = json.loads(run.stdout.splitlines()[-1])
        assert (report["method"], report["road"]) == (method, "mqtts")
        assert report["db_rows"] == (outcome == "paid")


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_cards_one_after_the_other_over_https(runtime: str, tmp_path: Path) -> None:
    async with tap_counter(runtime, tmp_path, "https", "i2c") as (made, cards):
        for number, method in enumerate(METHODS):
            order = str(1001 + number)
            await start(made, order=order)
            hold(made, cards.card(method, True))
            assert (await made.result(order))["outcome"] == "paid"
            await take_away(made)
        info = await made.info()
        assert "backend_unreachable" not in info["counters"]
        assert made.bench.board.resets == 0


async def test_no_card_is_read_without_tls(tmp_path: Path) -> None:
    async with counter("cpython", tmp_path, road="mqtt", reader="spi") as made:
        assert (await made.info())["reader"] == "no_tls"
        with pytest.raises(Refused, match=r"no card can be tapped .*no_reader: no_tls"):
            await start(made)
        await start(made, None)
        hold(made, EmvCard())
        await asyncio.sleep(1)
        assert (await made.info())["state"] == "choose"


async def test_a_board_without_a_reader_says_so(tmp_path: Path) -> None:
    async with counter("cpython", tmp_path, road="mqtts") as made:
        assert (await made.info())["reader"] == "none"
        with pytest.raises(Refused, match="no_reader: none"):
            await start(made)


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_what_is_not_enough_is_told_and_may_be_tapped_again(
    runtime: str, tmp_path: Path
) -> None:
    async with tap_counter(runtime, tmp_path) as (made, _):
        await start(made)
        phone = Wallet(locked=True)
        gone = EmvCard()
        for cards, said in (
            ((Classic(b"\x01\x02\x03\x04"),), "card_unsupported"),
            ((EmvCard(), EmvCard(uid=b"\x08\x44\x55\x66")), "two_cards"),
            ((phone,), "phone_locked"),
            ((gone,), "card_gone"),
        ):
            hold(made, *cards)
            if cards == (gone,):
                assert made.bench.board.field is not None
                made.bench.board.field.leave_after(4)
            async with asyncio.timeout(15):
                while await notice(made) != said:
                    await asyncio.sleep(0.05)
            await take_away(made)
        await until_state(made, "tap")
        assert await made.call(made.register.query, "1001") and not charges(made)
        phone.locked = False
        hold(made, phone)
        result = await made.result()
        assert (result["outcome"], list(charges(made).values())) == ("paid", ["paid"])


async def test_a_backend_that_fails_in_mid_tap_is_asked_and_costs_nothing(tmp_path: Path) -> None:
    async with tap_counter("cpython", tmp_path, "https") as (made, _):
        await start(made)
        made.bench.gateway.faults.errors = True
        hold(made, EmvCard())
        await until_state(made, "card")
        began = asyncio.get_running_loop().time()
        info = await made.until(lambda info: info["state"] == "unknown", 20)
        assert asyncio.get_running_loop().time() - began < 15  # not the 30 s that a card has
        assert info["counters"]["backend_unreachable"] < 40  # it was not hammered
        await take_away(made)
        made.bench.gateway.faults.errors = False
        await until_state(made, "expired")
        hold(made, EmvCard())
        async with asyncio.timeout(15):
            while sorted(charges(made).values()) != ["closed", "paid"]:
                await asyncio.sleep(0.1)
        assert made.database.sale("3", "1001")


async def test_cards_that_are_no_use_do_not_hold_up_the_end_of_a_code(tmp_path: Path) -> None:
    async with counter("cpython", tmp_path, road="mqtts", reader="spi", qr_seconds=15) as made:
        await made.until(lambda info: info["reader"] == "ready")
        await made.show_code()
        for _ in range(3):
            hold(made, Classic(b"\x01\x02\x03\x04"))
            await until_state(made, "again")
            await take_away(made)
            await until_state(made, "qr", "unknown", "expired")
        await made.until(lambda info: info["state"] in ("unknown", "expired"), 8)


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_a_card_instead_of_the_code(runtime: str, tmp_path: Path) -> None:
    async with tap_counter(runtime, tmp_path) as (made, _):
        await made.show_code()
        hold(made, EmvCard())
        assert (await made.result())["outcome"] == "paid"
        assert list(charges(made).values()) == ["paid"]


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_a_phone_pays_the_code_while_a_card_is_read(runtime: str, tmp_path: Path) -> None:
    async with tap_counter(runtime, tmp_path) as (made, _):
        code = await made.show_code()
        card = EmvCard()
        card.delay = 0.3
        hold(made, card)
        await until_state(made, "card")
        await made.pay(code)
        assert (await made.result())["outcome"] == "paid"
        assert list(charges(made).values()) == ["paid"]
        await asyncio.sleep(1.5)
        assert len(made.database.attempts("3", "1001")) == 1
        assert (await made.info())["counters"].get("tap_bad_mac", 0) == 0


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_a_card_that_is_left_on_the_reader_pays_no_other_sale(
    runtime: str, tmp_path: Path
) -> None:
    async with tap_counter(runtime, tmp_path) as (made, _):
        await start(made)
        hold(made, EmvCard())
        assert (await made.result())["outcome"] == "paid"
        await start(made, None, "1002")
        await asyncio.sleep(1.5)
        assert (await made.info())["state"] == "choose"
        await take_away(made)
        hold(made, EmvCard(uid=b"\x08\x44\x55\x66"))  # the next customer's
        assert (await made.result("1002"))["outcome"] == "paid"


async def test_the_register_cancels_while_a_card_is_read(tmp_path: Path) -> None:
    async with tap_counter("cpython", tmp_path) as (made, _):
        await start(made)
        card = EmvCard()
        card.delay = 0.4
        hold(made, card)
        await until_state(made, "card")
        await made.call(made.register.cancel, "1001")
        assert (await made.result())["outcome"] == "cancelled"
        await asyncio.sleep(2)
        assert list(charges(made).values()) == ["closed"]
        assert not made.database.sale("3", "1001")


async def test_a_reader_that_dies_is_missed_and_comes_back(tmp_path: Path) -> None:
    async with tap_counter("cpython", tmp_path) as (made, _):
        await start(made)
        assert made.bench.board.reader is not None
        made.bench.board.reader.model.faults.at("in", 0, "dead")
        await made.until(lambda info: info["reader"] == "silent", 30)
        made.bench.board.reader.model.cut()
        await made.until(lambda info: info["reader"] == "ready", 30)
        hold(made, EmvCard())
        assert (await made.result())["outcome"] == "paid"
