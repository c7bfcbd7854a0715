"""The reader's driver on a simulated board, through the shims and the buses, on both runtimes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from host_sim.board import RUNTIMES
from host_sim.cards.card import Card, Nak
from host_sim.reader.wiring import BUSES
from tools.reader_faults.campaign import run
from tools.reader_faults.drive import Echo, Taps, tapping

UID = bytes.fromhex("04112233445566")


class Memory(Card):
    """A card of type A without ISO-DEP that has read commands answered, or refuses them."""

    uid = UID

    def __init__(self, refuses: bool = False) -> None:
        self._refuses = refuses

    def answer(self, command: bytes) -> bytes | None:
        if self._refuses:
            raise Nak(0)
        return bytes(range(16)) if command == b"\x30\x04" else None


class Silent(Card):
    """One that is found and says nothing."""

    uid = UID
    sak = 0x08

    def answer(self, command: bytes) -> None:
        """Nothing."""


class TypeB(Echo):
    """A card of type B."""

    technology = "B"
    atqb = bytes.fromhex("50a1b2c3d4000000000081c1")


class FeliCa(Card):
    """A FeliCa card."""

    technology = "F"
    idm = bytes.fromhex("0123456789abcdef")
    pmm = bytes(8)

    def answer(self, command: bytes) -> bytes | None:
        return command[:1]


async def on_each_bus(
    runtime: str, directory: Path, scene: Callable[[Taps], Awaitable[None]], rest: bool = False
) -> None:
    """Play a scene on three boards at once."""

    async def one(bus: str) -> None:
        async with tapping(runtime, bus, directory / bus, rest=rest) as taps:
            await scene(taps)

    await asyncio.gather(*(one(bus) for bus in BUSES))


async def tapped(taps: Taps, *cards: Card) -> tuple[str, list, int]:
    """How a tap with these cards ended, what was found, how many bytes the last answer had."""
    taps.field.take_away()
    taps.field.put(*cards)
    said = await taps.tap()
    too_slow = any(getattr(card, "delay", 0) > 1 for card in cards)
    if said["counts"] and not too_slow:  # the bench was too busy: as one would
        said = await taps.tap()
    assert "reader_healed" not in said["counts"], said
    return said["outcome"], said["found"], said.get("answer", 0)


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_what_is_in_the_field(runtime: str, tmp_path: Path) -> None:
    uid, other = UID.hex(), "04998877"

    async def scene(taps: Taps) -> None:
        assert await tapped(taps) == ("nothing", [], 0)
        assert await tapped(taps, Echo()) == ("ok", [["A", uid, 0x20, True]], 0x140 + 2)
        found = [["A", uid, 0, False], ["A", other, 0x20, True]]
        assert await tapped(taps, Memory(), Echo(bytes.fromhex(other))) == ("ok", found, 16)
        assert await tapped(taps, Memory(True)) == ("card_nak", found[:1], 0)
        assert await tapped(taps, Silent()) == ("card_gone", [["A", uid, 8, False]], 0)
        assert await tapped(taps, TypeB()) == ("ok", [["B", "a1b2c3d4", 0, True]], 0x140 + 2)
        assert await tapped(taps, FeliCa()) == ("ok", [["F", FeliCa.idm.hex(), 0, False]], 1)
        both = await tapped(taps, FeliCa(), Echo())  # as phones are
        assert both == ("ok", [["A", uid, 0x20, True]], 0x140 + 2)

    await on_each_bus(runtime, tmp_path, scene)


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_cards_that_leave_and_cards_that_think(runtime: str, tmp_path: Path) -> None:
    async def scene(taps: Taps) -> None:
        for exchanges, answer in ((0, 0), (1, 0x10 + 2)):
            taps.field.leave_after(exchanges)
            taps.field.put(Echo())
            said = await taps.tap()
            assert (said["outcome"], said.get("answer", 0)) == ("card_gone", answer)
            assert said["counts"] == {}
            taps.field.take_away()
        assert (await tapped(taps, Echo(delay=0.1)))[0] == "ok"  # it asks for more time
        assert (await tapped(taps, Echo(delay=5)))[0] == "card_gone"
        assert (await tapped(taps, Echo()))[0] == "ok"

    await on_each_bus(runtime, tmp_path, scene)


async def test_the_reader_sleeps_and_stalls(tmp_path: Path) -> None:
    async def scene(taps: Taps) -> None:
        assert (await tapped(taps, Echo()))[0] == "ok"
        assert not taps.model.awake
        assert (await tapped(taps, Echo()))[0] == "ok"
        taps.model.power_on()  # as after a dip of its supply
        said = await taps.tap()
        assert (said["outcome"], said["counts"]["reader_healed"]) == ("ok", 1)

    await on_each_bus("micropython", tmp_path, scene, rest=True)


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_some_faults(runtime: str, tmp_path: Path) -> None:
    """A part of `make reader-faults`; how long anything takes is not this test's matter."""
    parts = (run(runtime, bus, tmp_path / bus, lambda _: None, 6, seed=8) for bus in BUSES)
    outcomes = [one for part in await asyncio.gather(*parts) for one in part]
    assert len(outcomes) == 18
    for one in outcomes:
        assert list(one.problems(timed=False)) == [], one
