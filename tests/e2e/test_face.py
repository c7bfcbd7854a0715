"""The face of a whole board: its options, its other panels, and what goes wrong before a sale."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tillqr.panel.style import _colours
from tillqr.panel.view import View

from host_sim.bench import SHOP, Bench, same
from host_sim.board import RUNTIMES
from tests.e2e.counter import counter, pay
from tests.e2e.set_up import set_up_screen
from tools import gallery
from tools.register import Refused

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)
_LONG_BACKEND = "http://payments.of-a-group.example:8080"


def _is(picture: Image.Image, role: str) -> bool:
    """Whether a picture's upper left corner has the paper of a role in the light theme."""
    paper = _colours("light")[role][0]
    return picture.getpixel((0, 0)) == (paper >> 16, paper >> 8 & 255, paper & 255)


async def _drawn(look: gallery.Look, view: View, state: str) -> Image.Image:
    """What the gallery draws, which runs a loop of its own."""
    return await asyncio.to_thread(lambda: gallery.Studio(look).shown(view, state))


async def _shows(bench: Bench, role: str, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not _is(bench.picture(), role):
            await asyncio.sleep(0.05)


@runtimes
async def test_options_are_shown(runtime: str, tmp_path: Path) -> None:
    """Pixel for pixel what the gallery draws of the same view."""
    look = gallery.Look("devkit_240x240", "zh", "dark", True)
    options: dict[str, Any] = {
        "language": "zh",
        "theme": "dark",
        "text": "large",
        "board": look.board,
    }
    view = View(SHOP, str(gallery.TEXTS / "zh.txt"))
    wanted = await _drawn(look, view, "idle")
    async with counter(runtime, tmp_path, **options) as shop:
        async with asyncio.timeout(10):
            while not same(shop.bench.picture(), wanted):
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("board", gallery.boards())
async def test_a_sale_on_every_board(board: str, tmp_path: Path) -> None:
    async with counter("micropython", tmp_path, board=board) as shop:
        await pay(await shop.show_code())
        assert (await shop.result())["outcome"] == "paid"
        await _shows(shop.bench, "good")


@runtimes
@pytest.mark.parametrize(
    ("wrong", "note"), [({"qr_seconds": 3}, "qr_seconds"), ({"language": "xx"}, "language xx")]
)
async def test_a_board_that_is_not_set_up_says_so(
    wrong: dict, note: str, runtime: str, tmp_path: Path
) -> None:
    async with Bench(runtime, directory=tmp_path, **wrong) as bench:
        words = f"no texts in {note}"
        if note == "qr_seconds":
            words = "qr_seconds must be a number from 5 to 599"
        seen = await set_up_screen(bench, words)
        assert bench.board.own_network == (seen.ssid, seen.password)
        await asyncio.sleep(0.5)
        assert bench.board.resets == 0


@runtimes
async def test_money_that_comes_late_is_on_the_panel(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        url = await shop.show_code()
        paid = shop.receipt(url)
        await shop.call(shop.register.cancel, "1001")
        await _shows(shop.bench, "calm")
        assert (await shop.post(paid))[0] == 200
        await _shows(shop.bench, "wait")
        assert (await shop.info())["state"] == "late"
        await shop.call(shop.register.start_payment, "1002", 990, "EUR")  # the next one is served
        assert await shop.bench.code_on_panel() != url


@runtimes
async def test_a_code_that_is_too_large_is_refused(runtime: str, tmp_path: Path) -> None:
    order = "12345678901234567890"
    options: dict[str, Any] = {"board": "t_display", "backend": _LONG_BACKEND, "road": "mqtt"}
    async with counter(runtime, tmp_path, **options) as shop:
        with pytest.raises(Refused, match="code_too_large"):
            await shop.call(shop.register.start_payment, order, 1234, "EUR")
        assert (await shop.info())["state"] == "idle"
        await shop.call(shop.register.start_payment, order, 1234, "EUR", None)
        shop.bench.board.press("qr_key")
        await _shows(shop.bench, "wait")
        status = await shop.call(shop.register.query, order)
        assert (status["state"], status["reason"]) == ("choose", "code_too_large")


@runtimes
async def test_what_a_font_does_not_have_is_counted(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        line = {"name": "Tea \u10e9\u10d0\u10d8", "quantity": "1", "amount": 250}
        await shop.call(shop.register.cart, "1001", "EUR", [line], 250)
        info = await shop.until(lambda info: "glyph_missing" in info["counters"])
        assert info["counters"]["glyph_missing"] >= 3


@runtimes
async def test_a_smaller_code_while_one_is_sent(runtime: str, tmp_path: Path) -> None:
    """The register cancels and asks anew before the first code is whole on the panel."""
    async with counter(runtime, tmp_path) as shop:
        for _ in range(3):
            await shop.call(shop.register.start_payment, "12345678901234567890", 1234, "EUR")
            await shop.call(shop.register.cancel, "12345678901234567890")
            await shop.call(shop.register.start_payment, "1", 1234, "EUR")
            last = await shop.bench.code_on_panel()
            async with asyncio.timeout(5):
                while shop.payment(last).order != "1":
                    await asyncio.sleep(0.05)
                    last = await shop.bench.code_on_panel()
            await shop.call(shop.register.cancel, "1")
        assert shop.bench.board.resets == 0
        counters = (await shop.info())["counters"]
        assert not [name for name in counters if name.startswith("fault_")]
