"""The time server, asked with datagrams as RFC 5905 lays them out."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from host_sim.time_server import TimeServer

_SINCE_1900 = 2_208_988_800
_OWN = b"question"  # what a client writes into its transmit timestamp


def question(head: int = 0x23) -> bytes:
    return bytes((head, 0, 6, 0)) + bytes(36) + _OWN


@contextlib.contextmanager
def client(server: TimeServer) -> Iterator[socket.socket]:
    host, port = server.address.split(":")
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.connect((host, int(port)))
        asking.settimeout(0.3)
        yield asking


async def ask(server: TimeServer, body: bytes) -> bytes | None:
    def exchange() -> bytes | None:
        with client(server) as asking:
            asking.send(body)
            with contextlib.suppress(TimeoutError):
                return asking.recv(100)
        return None

    return await asyncio.to_thread(exchange)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[TimeServer]:
    server = TimeServer()
    await server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(("head", "answered"), [(0x23, 0x24), (0x1B, 0x1C), (0xE3, 0x24)])
async def test_the_answer_is_laid_out_as_the_standard_says(head: int, answered: int) -> None:
    async with running() as server:
        before = time.time()
        answer = await ask(server, question(head))
        after = time.time()
    assert answer is not None and len(answer) == 48
    assert answer[0] == answered  # no leap second, the client's version, mode 4
    assert answer[1] == 1 and answer[2] == 6
    assert answer[24:32] == _OWN
    for place in (32, 40):
        seconds, fraction = struct.unpack_from(">II", answer, place)
        assert before - 0.001 <= seconds + fraction / 2**32 - _SINCE_1900 <= after + 0.001


async def test_an_offset_and_silence() -> None:
    async with running() as server:
        server.offset = -3600.0
        answer = await ask(server, question())
        assert answer is not None
        off = struct.unpack_from(">I", answer, 40)[0] - _SINCE_1900 - time.time()
        assert -3602 < off < -3598
        server.silent = True
        assert await ask(server, question()) is None
        assert server.asked == 2


@pytest.mark.parametrize("body", [b"", question()[:47], question(0x24), question(0x21)])
async def test_what_is_no_question_is_not_answered(body: bytes) -> None:
    async with running() as server:
        assert await ask(server, body) is None
        assert server.asked == 0
