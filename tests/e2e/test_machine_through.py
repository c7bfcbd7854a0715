"""A card machine of the register's own protocol, passed through a display in full: what else could
take the same money meanwhile does not, and the line comes back."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from host_sim import foreign_machine
from host_sim.board import RUNTIMES
from host_sim.cards.emv import EmvCard
from host_sim.foreign_machine import ForeignMachine
from host_sim.reader.field import HAND_SECONDS
from tests.e2e.counter import Counter, counter

_SECONDS_TO_THE_MACHINE = 3


def _charge(made: Counter) -> dict:
    """The customer takes a while to find the machine; then it charges a card."""
    with made.register.through() as port:
        time.sleep(_SECONDS_TO_THE_MACHINE)
        return foreign_machine.charge(port, 1234, "EUR")


async def _tempted(made: Counter) -> None:
    """A customer does all that can be done at the display."""
    made.bench.board.press("qr_key")
    assert made.bench.board.field is not None
    made.bench.board.field.put(EmvCard())
    await asyncio.sleep(1)
    made.bench.board.press("qr_key")
    made.bench.board.field.take_away()


@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_nothing_can_be_paid_here_until_the_register_says_how_it_went(
    runtime: str, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"machine": "transparent", "road": "mqtts", "reader": "spi"}
    async with counter(runtime, tmp_path, **settings) as made:
        field = made.bench.board.field
        assert field is not None
        await made.until(lambda info: info["reader"] == "ready")
        await made.call(made.register.start_payment, "1001", 1234, "EUR", None)
        machine = ForeignMachine(made.bench.board.machine_line.path, "OK M0815")
        try:
            charging = asyncio.create_task(made.call(_charge, made))
            await asyncio.sleep(0.5)
            await _tempted(made)
            assert (await charging)["outcome"] == "paid"
        finally:
            await asyncio.to_thread(machine.close)
        await _tempted(made)  # the register has the line again, and has not said anything yet
        await made.until(lambda info: info["state"] == "lent")
        assert (await made.call(made.register.query, "1001"))["state"] == "lent"
        await made.call(made.register.external_result, "1001", 1234, "EUR", "failed")
        await made.until(lambda info: info["state"] == "failed")
        assert made.database.attempts("3", "1001") == []
        await asyncio.sleep(HAND_SECONDS)
        field.put(EmvCard())  # failed there: it may be paid here
        assert (await made.result())["outcome"] == "paid"


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_lost_answer_leaves_the_register_its_line(lost: int, tmp_path: Path) -> None:
    async with counter("cpython", tmp_path, machine="transparent") as made:
        await made.call(made.register.start_payment, "1001", 1234, "EUR", None)
        await made.until(lambda info: info["state"] == "choose")
        await asyncio.sleep(0.5)
        left = lost

        def pass_on(sender: str) -> bool:
            nonlocal left
            dropped = sender == "board" and left > 0
            left -= dropped
            return not dropped

        made.bench.board.line.on_frame = pass_on
        machine = ForeignMachine(made.bench.board.machine_line.path, "OK M0815")
        try:
            assert (await made.call(_charge, made))["outcome"] == "paid"
        finally:
            await asyncio.to_thread(machine.close)
        assert left == 0
        await made.call(made.register.external_result, "1001", 1234, "EUR", "paid")
        await made.until(lambda info: info["state"] == "paid")
