"""A display that loses power, or crashes, in the middle of a sale: nothing is forgotten."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from host_sim import board
from host_sim.board import RUNTIMES
from tests.e2e.counter import Counter, counter, decline, pay
from tools.register import Register

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)


async def restart(shop: Counter) -> dict:
    """Cut the display's power for a moment, and wait for it: its INFO."""
    boot = (await shop.info())["boot"]
    shop.bench.board.kill()
    return await shop.until(lambda info: info["boot"] != boot)


@runtimes
async def test_a_code_is_shown_again(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        code = await shop.show_code()
        await restart(shop)
        await shop.until(lambda info: info["state"] == "qr")
        again = await shop.bench.code_on_panel()
        assert shop.payment(again).attempt == shop.payment(code).attempt
        await pay(again)
        assert (await shop.result())["outcome"] == "paid"
        sale = await shop.call(shop.database.sale, "3", "1001")
        assert sale is not None and sale["amount"] == 1234


@runtimes
async def test_a_code_that_fits_no_more_is_not_shown_again(runtime: str, tmp_path: Path) -> None:
    """The display was set up anew, for a backend whose address makes codes too large."""
    order = "12345678901234567890"
    async with counter(runtime, tmp_path, board="t_display", road="mqtt") as shop:
        await shop.show_code(order)
        place = shop.bench.board.log.parent / "settings.json"
        settings = json.loads(place.read_text())
        settings["backend"] = "http://payments.of-a-group.example:8080"
        place.write_text(json.dumps(settings))
        await restart(shop)
        result = await shop.result(order)
        assert (result["outcome"], result["reason"]) == ("failed", "code_too_large")
        info = await shop.info()
        assert (info["state"], info["crash"]) == ("failed", "")


@runtimes
async def test_what_became_of_it_meanwhile_is_found_out(runtime: str, tmp_path: Path) -> None:
    acts: dict[str, Callable[[str], Awaitable[None]]]
    acts = {"paid": pay, "failed": partial(decline, reason="insufficient_funds")}
    async with counter(runtime, tmp_path) as shop:
        for order, (outcome, act) in enumerate(acts.items()):
            await shop.bench.gateway.push(False)
            await act(await shop.show_code(str(order)))
            info = await restart(shop)
            assert info["state"] in ("unknown", outcome)
            assert (await shop.result(str(order)))["outcome"] == outcome


@runtimes
async def test_a_cancelled_code_is_not_shown_again(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        shop.bench.gateway.faults.errors = True  # the display can't close the charge
        attempt = shop.payment(await shop.show_code()).attempt
        await shop.call(shop.register.cancel, "1001")
        info = await restart(shop)
        assert info["state"] in ("idle", "cancelled")
        assert (await shop.result())["outcome"] == "cancelled"
        shop.bench.gateway.faults.errors = False
        async with asyncio.timeout(10):
            while (charge := shop.bench.gateway.store.get(attempt)) is None or charge[
                "state"
            ] != "closed":
                await asyncio.sleep(0.05)


@runtimes
async def test_an_undelivered_result_is_told_after_the_restart(
    runtime: str, tmp_path: Path
) -> None:
    async with counter(runtime, tmp_path) as shop:
        code = await shop.show_code()
        await shop.call(shop.register.close)
        shown = shop.bench.picture()
        await pay(code)
        await shop.bench.next_picture(shown)
        shop.bench.board.kill()
        await shop.bench.next_picture()
        path = shop.bench.board.line.path
        shop.register = await asyncio.to_thread(Register, path, shop.database, name="3")
        assert (await shop.result())["outcome"] == "paid"
        assert await shop.call(shop.database.sale, "3", "1001") is not None


@runtimes
async def test_a_crash_is_told_of(
    runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = board.profile
    monkeypatch.setattr(board, "profile", lambda name: {**real(name), "watchdog_ms": 8000})
    async with counter(runtime, tmp_path) as shop:
        first = await shop.info()
        assert first["crash"] == "" and first["journal"] == 0
        await shop.show_code()
        shop.bench.board.station.fault = "on purpose"
        async with asyncio.timeout(60):
            while not shop.bench.board.resets:
                await asyncio.sleep(0.05)
        info = await shop.until(lambda info: info["boot"] != first["boot"])
        assert info["crash"] == "wifi ValueError"
        assert info["counters"]["fault_wifi"] == 1
        await shop.until(lambda info: info["state"] == "qr")  # and the sale goes on
        await pay(await shop.bench.code_on_panel())
        assert (await shop.result())["outcome"] == "paid"
        assert (await restart(shop))["crash"] == ""
