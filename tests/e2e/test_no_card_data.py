"""Of a bank card that paid nothing is found afterwards: not on any wire but the reader's own, in no
file, log or database, and not in INFO."""

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_sim.bench import Bench
from host_sim.board import RUNTIMES
from host_sim.cards import plastic
from host_sim.cards.card import Card
from host_sim.cards.emv import EmvCard
from host_sim.cards.wallet import Wallet
from host_sim.reader.field import HAND_SECONDS
from host_sim.service import LOOPBACK, free_port
from host_sim.uart_line import From, UartLine
from tests.e2e.counter import counter


def hidden_in(data: bytes, card: plastic.Plastic) -> bool:
    """Whether a card's number, or what is on its track, is in some bytes in a form that is usual:
    digits, packed digits, and both of them as hex or base64."""
    return any(needle in data for needle in needles(card))


def needles(card: plastic.Plastic) -> Iterator[bytes]:
    """The bytes to look for."""
    packed = bytes.fromhex(card.pan + "F" * (len(card.pan) % 2))
    track = card.track2
    yield card.pan.encode()
    yield " ".join(card.pan[at : at + 4] for at in range(0, 16, 4)).encode()
    for raw in (packed, track, card.pan.encode()):
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for ahead in range(3):  # base64 has three ways to begin
            text = base64.b64encode(bytes(ahead) + raw)
            yield text[(4 * ahead + 2) // 3 : -4]


class Wire:
    """A relay that keeps what it carries."""

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self.carried = b""
        self._to = to
        self._server = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._relay, LOOPBACK, self.port)
        await server.serve_forever()

    def stop(self) -> None:
        self._server.cancel()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(LOOPBACK, self._to)
        await asyncio.gather(self._carry(reader, there[1]), self._carry(there[0], writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            self.carried += data
            writer.write(data)
        writer.close()


def watched(card: Card, said: list[bytes]) -> Card:
    """A card whose answers are kept."""
    answer = card.answer

    def kept(command: bytes) -> bytes | None:
        response = answer(command)
        said.append(response or b"")
        return response

    card.answer = kept  # type: ignore[method-assign]
    return card


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("road", ["mqtts", "https"])
async def test_nothing_of_a_card_is_kept_or_carried_in_the_clear(
    runtime: str,
    road: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    line: list[bytes] = []
    passed = UartLine._passed

    def kept(self: UartLine, sender: From, data: bytes) -> bytes:
        line.append(data)
        return passed(self, sender, data)

    monkeypatch.setattr(UartLine, "_passed", kept)
    events: list[str] = []
    said: list[bytes] = []
    wires: list[Wire] = []

    def listen_in(bench: Bench) -> None:
        name = {"mqtts": "broker", "https": "backend"}[road]
        wires.append(Wire(int(bench.settings[name].rpartition(":")[2])))
        bench.settings[name] = f"{road}://{LOOPBACK}:{wires[0].port}"

    options: dict[str, Any] = {
        "road": road,
        "reader": "hsu",
        "on_event": events.append,
        "prepare": listen_in,
    }
    async with counter(runtime, tmp_path, **options) as made:
        wire = wires[0]
        cards = (EmvCard(plastic.GOOD), EmvCard(plastic.POOR), Wallet(plastic.TOKEN))
        for number, card in enumerate(cards):
            order = str(1001 + number)
            await made.call(made.register.start_payment, order, 1234, "EUR", "tap")
            assert made.bench.board.field is not None
            made.bench.board.field.put(watched(card, said))
            result = await made.result(order)
            assert result["outcome"] == ("failed" if number == 1 else "paid")
            made.bench.board.field.take_away()
            await asyncio.sleep(HAND_SECONDS)
        info = await made.info()
        wire.stop()
    places = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"shop.db", "gateway.db", "console.log", "settings.json", "journal.1"} <= set(places)
    places["the till line"] = b"".join(line)
    places["the wire to the servers"] = wire.carried
    places["INFO"] = json.dumps(info).encode()
    places["the backend's events"] = "\n".join(events).encode()
    places["logs"] = caplog.text.encode()
    assert len(wire.carried) > 5000 and len(places["the till line"]) > 1000
    for held in (plastic.GOOD, plastic.POOR, plastic.TOKEN):
        assert hidden_in(b"".join(said), held)  # where it is, the search finds it
        assert [name for name, data in places.items() if hidden_in(data, held)] == []


def test_the_search_finds_every_form() -> None:
    card = plastic.GOOD
    packed = bytes.fromhex(card.pan)
    for hidden in (
        card.pan.encode(),
        packed,
        packed.hex().encode(),
        *(base64.b64encode(b"x" * ahead + packed + b"tail") for ahead in range(4)),
        base64.b64encode(b"w\x12" + card.track2 + b"\x90\x00"),
    ):
        assert hidden_in(b"before" + hidden + b"behind", card), hidden
    assert not hidden_in(b"5413330089020012" + bytes(64), card)
