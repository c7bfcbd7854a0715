"""The backend: takes only true codes, ends a charge once, and pushes until it is heard."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from host_sim.gateway import codes, receipts
from host_sim.gateway.app import Gateway
from host_sim.service import HttpService
from tests import vectors

DEVICE = codes.Device("D0001", bytes(range(32)))
CODE = vectors.load("codes")[0].split(" ")[-1]
ATTEMPT = "000102030405060708090a0b"


class Board:
    """Takes pushes on a port of its own, and answers what it is told to."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.pushed: list[dict] = []
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        self.pushed.append(json.loads(await reader.readexactly(length)))
        answer = self.answers.pop(0) if self.answers else b"200 OK\r\nContent-Length: 2\r\n\r\n{}"
        if answer:
            writer.write(b"HTTP/1.1 " + answer)
        writer.close()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.pushed) < count:
                await asyncio.sleep(0.01)


def code_for(port: int) -> str:
    """The vector's code, with results going to a port on this machine."""
    padded = CODE + "=" * (-len(CODE) % 8)
    data = bytearray(base64.b32decode(padded)[:-10])
    data[14:20] = bytes((127, 0, 0, 1)) + port.to_bytes(2, "big")
    data += codes.hmac.digest(DEVICE.key, b"tillqr code" + data, "sha256")[:10]
    return base64.b32encode(data).decode().rstrip("=")


@contextlib.asynccontextmanager
async def running(path: Path) -> AsyncIterator[httpx.AsyncClient]:
    service = HttpService(Gateway([DEVICE], f"sqlite:///{path}").app())
    await service.start()
    async with httpx.AsyncClient(base_url=service.url, trust_env=False) as client:
        try:
            yield client
        finally:
            await client.aclose()
            await service.stop()


def test_the_vectors_are_read_as_they_were_written() -> None:
    for line in vectors.load("codes"):
        device, host, port, amount, currency, register, order, nonce, shop, code = line.split(" ")
        payment = codes.read(code, {"D0001": DEVICE})
        assert payment.device == device
        assert (payment.address, payment.port) == (host, int(port))
        assert (payment.amount, payment.currency) == (int(amount), currency)
        assert (payment.register, payment.order, payment.attempt) == (register, order, nonce)
        assert payment.serial == "a4cf12345678"
        assert shop.replace("_", " ").startswith(payment.shop)


def test_the_receipt_vectors_are_signed_alike() -> None:
    lines = vectors.load("receipts")
    for body, encoded in zip(lines[::2], lines[1::2], strict=True):
        receipt = json.loads(body)
        assert receipts.encoded(receipt).hex() == encoded
        mac = codes.hmac.digest(DEVICE.key, bytes.fromhex(encoded), "sha256")
        assert mac.hex() == receipt["mac"]


def test_every_changed_character_of_a_code_is_refused() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    for at in range(len(CODE) - 1):  # the last holds padding bits that mean nothing
        changed = alphabet[(alphabet.index(CODE[at]) + 1) % 32]
        with pytest.raises(codes.BadCode):
            codes.read(CODE[:at] + changed + CODE[at + 1 :], {"D0001": DEVICE})


@pytest.mark.parametrize("code", ["", "A", "!!!", CODE[:-8], CODE + "AAAAAAAA", CODE.lower()])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(codes.BadCode):
        codes.read(code, {"D0001": DEVICE})


def test_only_the_devices_own_key_verifies() -> None:
    for devices in ({}, {"D0001": codes.Device("D0001", b"x" * 32)}):
        with pytest.raises(codes.BadCode):
            codes.read(CODE, devices)


async def test_a_tampered_code_gets_a_page_that_says_so(tmp_path: Path) -> None:
    async with running(tmp_path / "g.db") as client:
        answer = await client.get(f"/P/{CODE[:40]}{'B' if CODE[40] == 'A' else 'A'}{CODE[41:]}")
        assert answer.status_code == 400
        assert "Do not pay" in answer.text
        assert (await client.get(f"/charges/{ATTEMPT}")).status_code == 404


async def test_a_charge_ends_once(tmp_path: Path) -> None:
    board = Board()
    server = await board.start()
    async with running(tmp_path / "g.db") as client:
        code = code_for(board.port)
        for _ in range(2):
            page = await client.get(f"/P/{code}")
            assert page.status_code == 200
            assert "12.34" in page.text
        assert (await client.post(f"/charges/{ATTEMPT}/pay")).status_code == 303
        assert (await client.post(f"/charges/{ATTEMPT}/pay")).status_code == 409
        declined = await client.post(f"/charges/{ATTEMPT}/decline", data={"reason": "expired"})
        assert declined.status_code == 409
        state = (await client.get(f"/charges/{ATTEMPT}")).json()
        assert (state["state"], state["amount"]) == ("paid", 1234)
        await board.until(1)
        assert board.pushed[0]["transaction"] == state["transaction"]
    server.close()


async def test_a_push_is_repeated_until_it_is_heard(tmp_path: Path) -> None:
    board = Board()
    board.answers = [b"", b"500 Oops\r\nContent-Length: 2\r\n\r\n{}", b"rubbish"]
    board.answers.append(
        b"409 Conflict\r\nContent-Length: 28\r\n\r\n" + b'{"error":"receipt_replayed"}'
    )
    server = await board.start()
    async with running(tmp_path / "g.db") as client:
        await client.get(f"/P/{code_for(board.port)}")
        await client.post(f"/charges/{ATTEMPT}/decline", data={"reason": "limit_exceeded"})
        await board.until(4)
        await asyncio.sleep(0.5)
    assert len(board.pushed) == 4  # "replayed" says that it was heard
    assert all(receipt == board.pushed[0] for receipt in board.pushed)
    assert board.pushed[0]["reason"] == "limit_exceeded"
    server.close()


async def test_a_restarted_backend_pushes_what_was_not_heard(tmp_path: Path) -> None:
    board = Board()
    server = await board.start()
    board.answers = [b"503 No\r\nContent-Length: 2\r\n\r\n{}"] * 2
    async with running(tmp_path / "g.db") as client:
        await client.get(f"/P/{code_for(board.port)}")
        await client.post(f"/charges/{ATTEMPT}/pay")
        await board.until(1)
    board.answers.clear()
    async with running(tmp_path / "g.db"):
        await board.until(2)
    assert board.pushed[-1]["state"] == "paid"
    server.close()


def question(verb: str, change: Callable[[dict], None] = lambda _: None) -> dict:
    macs = dict(line.split(" ") for line in vectors.load("queries"))
    asked = {"code": CODE, "verb": verb, "mac": macs[verb]}
    change(asked)
    return asked


async def test_asking_and_closing(tmp_path: Path) -> None:
    async with running(tmp_path / "g.db") as client:
        asked = await client.post("/ask", json=question("ask"))
        assert (asked.status_code, asked.json()) == (202, {"state": "open"})
        closed = await client.post("/ask", json=question("close"))
        assert closed.status_code == 200
        assert closed.json()["state"] == "closed"
        page = await client.get(f"/P/{CODE}")
        assert "No longer valid" in page.text
        assert (await client.post(f"/charges/{ATTEMPT}/pay")).status_code == 409
        again = await client.post("/ask", json=question("ask"))
        assert again.json() == closed.json()


@pytest.mark.parametrize(
    "change",
    [
        lambda asked: asked.update(verb="close"),
        lambda asked: asked.update(mac="00" * 32),
        lambda asked: asked.update(mac=7),
        lambda asked: asked.update(verb="pay"),
        lambda asked: asked.pop("code"),
        lambda asked: asked.update(code="A" * 100),
    ],
)
async def test_an_unsigned_question_changes_nothing(
    change: Callable[[dict], None], tmp_path: Path
) -> None:
    async with running(tmp_path / "g.db") as client:
        assert (await client.post("/ask", json=question("ask", change))).status_code == 400
        for body in (b"", b"[]", b"\xff", b"null"):
            assert (await client.post("/ask", content=body)).status_code == 400
        assert (await client.post("/ask", content=b"x" * 5000)).status_code == 413
        assert (await client.get(f"/charges/{ATTEMPT}")).status_code == 404


async def test_an_unknown_reason_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path / "g.db") as client:
        await client.get(f"/P/{CODE}")
        answer = await client.post(f"/charges/{ATTEMPT}/decline", data={"reason": "<b>x"})
        assert answer.status_code == 400
        assert (await client.get(f"/charges/{ATTEMPT}")).json()["state"] == "open"
