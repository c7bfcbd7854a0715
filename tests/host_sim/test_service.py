"""Ports that are told to somebody who serves there later."""

import asyncio
import subprocess
import sys

import pytest

from host_sim import service
from host_sim.service import LOOPBACK, free_port

OTHER = "import host_sim.service as s; s._PORTS = range({0}, {0} + 1); s.free_port()"


def test_nobody_else_is_given_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setattr(service, "_PORTS", [port] * 100 + list(service._PORTS[:100]))
    assert port not in {free_port() for _ in range(10)}
    looking = [sys.executable, "-c", OTHER.format(port)]
    with pytest.raises(subprocess.TimeoutExpired):  # there is no other that it could be given
        subprocess.run(looking, timeout=2, check=True)


async def test_a_port_can_be_served_on_again_and_again() -> None:
    port = free_port()
    for _ in range(2):
        server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, port)
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        assert await reader.read() == b""
        writer.close()
        server.close()
        await server.wait_closed()


def test_what_is_held_is_bounded() -> None:
    for _ in range(80):
        free_port()
    assert len(service._HELD) == 64
