"""A counter whose display is in set-up mode, and eyes on its screen: what a person would read off
the panel."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops
from tillqr.panel.marks import OVERHANG
from tillqr.setup.access import Access

from host_sim import phone
from host_sim.bench import Bench, same
from host_sim.board import Board
from tests.e2e.counter import Counter
from tools import gallery
from tools.register import Register, ShopDatabase

_CODE = re.compile(r"WIFI:T:WPA;S:([^;]+);P:([^;]+);;")


@contextlib.asynccontextmanager
async def set_up_counter(runtime: str, directory: Path, **options: Any) -> AsyncIterator[Counter]:
    """A counter whose display is in set-up mode."""
    database = ShopDatabase(f"sqlite:///{directory}/shop.db")
    async with Bench(runtime, directory=directory, **options) as bench:
        register = await asyncio.to_thread(Register, bench.board.line.path, database, name="3")
        try:
            shop = Counter(bench, register, database)
            await shop.until(lambda info: info["state"] == "setup", 20)
            yield shop
        finally:
            await asyncio.to_thread(register.close)
            database.close()
    assert bench.board.panel.violations == []


def cut_power_at(board: Board, step: str) -> list[str]:
    """Have the power fail when the flash is first asked for a step: "commit", or the name of a
    secret that is written. What is returned has the step once that has happened."""
    answer = board.nvs.answer
    cuts: list[str] = []

    def cut(request: dict) -> str | None:
        if request["nvs"] != "get" and step in request.values() and not cuts:
            cuts.append(step)
            board.kill()
        return answer(request)

    board.nvs.answer = cut  # type: ignore[method-assign]
    return cuts


@dataclass(frozen=True)
class Seen:
    """What the set-up screen says."""

    ssid: str
    password: str
    pin: str


async def set_up_screen(bench: Bench, note: str, seconds: float = 20) -> Seen:
    """The set-up screen, once it is on the panel as it must be, pixel for pixel, with `note`."""
    board = str(bench.board.profile["name"])
    async with asyncio.timeout(seconds):
        while True:
            await bench.code_on_panel()
            picture = bench.picture()
            seen = await asyncio.to_thread(_read, picture, board, bench.setup_port, note)
            if seen is not None:
                return seen
            await asyncio.sleep(0.05)


def _read(picture: Image.Image, board: str, port: int, note: str) -> Seen | None:
    """Read a picture; None if it isn't whole."""
    try:
        found = _CODE.fullmatch(phone.read_code(picture))
    except phone.PhoneError:
        return None
    if found is None:
        return None
    studio = gallery.Studio(gallery.Look(board))
    access = Access()
    access.ssid, access.password, access.address = found[1], found[2], f"127.0.0.1:{port}"
    drawn = [_drawn(studio, access, note, digit * 6) for digit in "0123456789"]
    pin = "".join(_nearest(picture, drawn, box) for box in _digits(studio))
    wanted = _drawn(studio, access, note, pin)
    return Seen(found[1], found[2], pin) if same(picture, wanted) else None


def _drawn(studio: gallery.Studio, access: Access, note: str, pin: str) -> Image.Image:
    access.pin = pin
    return studio.shown(gallery.setup_view("en", access, note), "setup")


def _digits(studio: gallery.Studio) -> list[tuple[int, int, int, int]]:
    """Where the PIN's digits are: they share one width, so this is so for any PIN."""
    mark = next(mark for mark in studio.drawn.marks if str(mark[4]).startswith("PIN "))
    font = studio.fonts[mark[5]]
    left = mark[0] + OVERHANG + font.width("PIN ")
    width = font.width("0")
    return [(left + i * width, mark[1], left + (i + 1) * width, mark[3]) for i in range(6)]


def _nearest(picture: Image.Image, drawn: list[Image.Image], box: tuple[int, int, int, int]) -> str:
    """The digit whose picture is most like what is in a box."""
    part = picture.crop(box)
    differences = [
        sum(ImageChops.difference(part, one.crop(box)).convert("L").tobytes()) for one in drawn
    ]
    return str(differences.index(min(differences)))
