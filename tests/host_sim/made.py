"""Codes and questions as a display would make them, written from PROTOCOL.md alone, and a stand-in
for the display's endpoint."""

import asyncio
import base64
import contextlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from host_sim.gateway.app import Gateway
from host_sim.gateway.codes import Device
from host_sim.service import HttpService

DEVICE = Device("D0001", bytes(range(32)))
NONCE = "000102030405060708090a0b"


def code(
    port: int = 0,
    device: Device = DEVICE,
    nonce: str = NONCE,
    token: str = "",
    shop: str = "Corner Shop",
    currency: str = "EUR",
    order: str = "1001",
) -> str:
    """A code signed with a device's present key; with a token it is one that changes."""
    data = bytes((2 if token else 1, device.key_number)) + _text(device.name)
    data += bytes.fromhex("a4cf12345678") + bytes((127, 0, 0, 1)) + port.to_bytes(2, "big")
    data += (1234).to_bytes(5, "big") + currency.encode() + _text("3") + _text(order)
    data += bytes.fromhex(nonce) + _text(shop) + token.encode()
    data += hmac.digest(device.key, b"tillqr code" + data, "sha256")[:10]
    return base64.b32encode(data).decode().rstrip("=")


def question(verb: str, about: str, key: bytes = DEVICE.key) -> dict:
    """A question about a code, signed."""
    mac = hmac.digest(key, f"tillqr query{verb}{about}".encode(), "sha256").hex()
    return {"code": about, "verb": verb, "mac": mac}


def _text(value: str) -> bytes:
    return bytes((len(value.encode()),)) + value.encode()


class Endpoint:
    """Takes receipts as PROTOCOL.md, 9 says, and answers what it is told to."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        """Status and body of the next answers; then 200."""
        self.heard: list[tuple[str, bytes]] = []
        """Type and body of each post."""
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    def receipts(self) -> list[dict]:
        return [json.loads(body) for _, body in self.heard]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if head.startswith("post /result "):  # no preflight is answered
            body = await reader.readexactly(int(fields["content-length"]))
            self.heard.append((fields["content-type"], body))
            status, answer = self.answers.pop(0) if self.answers else (200, '{"accepted": "x"}')
        else:
            status, answer = 405, '{"error": "wrong_method"}'
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n"
            f"Access-Control-Allow-Origin: *\r\n\r\n{answer}".encode()
        )
        writer.close()


@contextlib.asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    await made.start()
    try:
        yield made
    finally:
        made.stop()


@contextlib.asynccontextmanager
async def serving(
    directory: Path, devices: tuple[Device, ...] = (DEVICE,), **options: Any
) -> AsyncIterator[tuple[Gateway, httpx.AsyncClient]]:
    """A backend and somebody who talks to it."""
    events: list[str] = []
    gateway = Gateway(list(devices), f"sqlite:///{directory}/g.db", events.append, **options)
    service = HttpService(gateway.app())
    await service.start()
    client = httpx.AsyncClient(base_url=service.url, trust_env=False)
    try:
        yield gateway, client
    finally:
        await client.aclose()
        await service.stop()


async def until(ready: Any, seconds: float = 10) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not ready():
            await asyncio.sleep(0.01)
