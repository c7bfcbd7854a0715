"""The bench's brokers: both let in the same users and give them the same rights."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from host_sim import broker as brokers
from host_sim import certificates
from host_sim.broker import BROKERS, Broker, BrokerError
from host_sim.rights import BACKEND_USER

USERS = {"D0001": "first secret", "D0002": "second secret", BACKEND_USER: "third secret"}


@contextlib.asynccontextmanager
async def running(kind: str, directory: Path, **options: Any) -> AsyncIterator[Broker]:
    made = brokers.make(kind, directory, USERS, **options)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def client(broker: Broker, user: str, **options: Any) -> aiomqtt.Client:
    named = {"identifier": f"tillqr-{user}", "username": user, "password": USERS.get(user)}
    return aiomqtt.Client("127.0.0.1", broker.port, **{**named, "timeout": 5, **options})


async def heard(by: aiomqtt.Client, last: bytes) -> list[tuple[str, bytes]]:
    """What comes until the last."""
    found: list[tuple[str, bytes]] = []
    async with asyncio.timeout(5):
        async for message in by.messages:
            assert isinstance(message.payload, bytes)
            if message.payload == last:
                return found
            found.append((str(message.topic), message.payload))
    raise AssertionError("the connection ended")


@pytest.mark.parametrize("kind", BROKERS)
async def test_only_users_get_in(kind: str, tmp_path: Path) -> None:
    async with running(kind, tmp_path) as broker:
        for wrong in (
            {"password": "second secret"},
            {"password": None},
            {"username": "D0003"},
            {"username": None, "password": None},
        ):
            with pytest.raises(aiomqtt.MqttError):
                async with client(broker, "D0001", **wrong):
                    pass
        async with client(broker, "D0001"):
            pass
    stored = (tmp_path / "passwords").read_text() if kind == "mosquitto" else ""
    assert "secret" not in stored


@pytest.mark.parametrize("kind", BROKERS)
async def test_a_display_reads_and_writes_its_own_topics_only(kind: str, tmp_path: Path) -> None:
    wanted = ["till/D0001/result", "till/D0001/answer", "tillqr/backend"]
    names = ("result", "answer", "charge", "status")
    async with running(kind, tmp_path) as broker, client(broker, "D0001") as display:
        for topic in (*wanted, "till/D0001/charge", "till/D0002/result", "till/+/answer", "#"):
            await display.subscribe(topic, qos=1)
        async with client(broker, BACKEND_USER) as backend:
            for device in ("D0002", "D0001"):
                for name in names:
                    await backend.publish(f"till/{device}/{name}", device, qos=1)
            await backend.publish("tillqr/backend", b"D0001", qos=1)
            await backend.publish("till/D0001/answer", b"end", qos=1)
        # Mosquitto gives a message once for each subscription that it matches.
        assert set(await heard(display, b"end")) == {(topic, b"D0001") for topic in wanted}


@pytest.mark.parametrize("kind", BROKERS)
async def test_the_backend_reads_what_displays_may_write(kind: str, tmp_path: Path) -> None:
    async with running(kind, tmp_path) as broker, client(broker, BACKEND_USER) as backend:
        await backend.subscribe("till/+/charge", qos=1)
        await backend.subscribe("till/+/status", qos=1)
        async with client(broker, "D0001") as display:
            for device in ("D0002", "D0001"):
                for name in ("result", "answer", "charge", "status"):
                    await display.publish(f"till/{device}/{name}", device, qos=1)
            await display.publish("tillqr/backend", b"forged", qos=1)
            await display.publish("till/D0001/charge", b"end", qos=1)
        found = await heard(backend, b"end")
        assert found == [("till/D0001/charge", b"D0001"), ("till/D0001/status", b"D0001")]


@pytest.mark.parametrize("kind", BROKERS)
async def test_a_session_outlives_its_connection(kind: str, tmp_path: Path) -> None:
    async with running(kind, tmp_path) as broker:
        async with client(broker, "D0001", clean_session=False) as display:
            await display.subscribe("till/D0001/result", qos=1)
        async with client(broker, BACKEND_USER) as backend:
            await backend.subscribe("till/+/status", qos=1)
            await backend.publish("tillqr/backend", b"online", qos=1, retain=True)
            await backend.publish("till/D0001/result", b"receipt", qos=1)
            await backend.publish("till/D0001/result", b"end", qos=1)
            async with client(broker, "D0001", clean_session=False) as display:
                # and nothing else: it has not subscribed to what is retained
                assert await heard(display, b"end") == [("till/D0001/result", b"receipt")]


@pytest.mark.parametrize("kind", BROKERS)
async def test_a_will_is_kept_for_who_comes_later(kind: str, tmp_path: Path) -> None:
    will = aiomqtt.Will("till/D0001/status", b"offline", qos=1, retain=True)
    async with running(kind, tmp_path) as broker:
        display = client(broker, "D0001", will=will)
        await display.__aenter__()  # and it never leaves in order
        connection: Any = display._client.socket()
        connection.shutdown(socket.SHUT_RDWR)  # it goes without a word
        async with client(broker, BACKEND_USER) as backend:
            async with asyncio.timeout(5):
                await backend.subscribe("till/+/status", qos=1)
                assert (await anext(display_status(backend))).payload == b"offline"


async def display_status(backend: aiomqtt.Client) -> AsyncIterator[aiomqtt.Message]:
    async for message in backend.messages:
        yield message


def _string(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


class Raw:
    """A display whose packets are bytes, so that it can leave out a PUBACK."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def packet(self) -> tuple[int, bytes]:
        """The next packet's type with its flags, and the rest; short ones only."""
        async with asyncio.timeout(5):
            kind, size = await self._reader.readexactly(2)
            return kind, await self._reader.readexactly(size)

    def send(self, kind: int, body: bytes) -> None:
        self._writer.write(bytes((kind, len(body))) + body)

    def cut(self) -> None:
        self._writer.transport.abort()


async def raw(broker: Broker) -> Raw:
    """A display with its session, connected."""
    made = Raw(*await asyncio.open_connection("127.0.0.1", broker.port))
    head = _string(b"MQTT") + bytes((4, 0b11000000, 0, 30))
    made.send(0x10, head + b"".join(map(_string, (b"raw", b"D0001", b"first secret"))))
    kind, said = await made.packet()
    assert (kind, said[1]) == (0x20, 0)
    return made


@pytest.mark.parametrize("kind", BROKERS)
async def test_what_was_not_acknowledged_comes_again(kind: str, tmp_path: Path) -> None:
    async with running(kind, tmp_path) as broker, client(broker, BACKEND_USER) as backend:
        display = await raw(broker)
        display.send(0x82, b"\0\1" + _string(b"till/D0001/result") + b"\1")
        assert await display.packet() == (0x90, b"\0\1\1")
        await backend.publish("till/D0001/result", b"receipt", qos=1)
        for acknowledged in (False, False, True):
            kind_and_flags, body = await display.packet()
            assert kind_and_flags & 0xF6 == 0x32  # PUBLISH, QoS 1
            assert body.endswith(b"receipt")
            if acknowledged:
                at = 2 + len("till/D0001/result")
                display.send(0x40, body[at : at + 2])
                await asyncio.sleep(0.2)
            display.cut()
            await asyncio.sleep(0.2)
            display = await raw(broker)
        await backend.publish("till/D0001/result", b"end", qos=1)
        assert (await display.packet())[1].endswith(b"end")  # and not the receipt
        display.cut()


async def test_mosquitto_keeps_sessions_when_its_power_is_cut(tmp_path: Path) -> None:
    async with running("mosquitto", tmp_path) as broker:
        port = broker.port
        async with client(broker, "D0001", clean_session=False) as display:
            await display.subscribe("till/D0001/result", qos=1)
        async with client(broker, BACKEND_USER) as backend:
            for body in (b"receipt", b"end"):
                await backend.publish("till/D0001/result", body, qos=1)
        await asyncio.sleep(0.5)  # it writes once it has nothing else to do
        await broker.kill()
        with pytest.raises(aiomqtt.MqttError):
            async with client(broker, "D0001", clean_session=False):
                pass
        await broker.start()
        assert broker.port == port
        async with client(broker, "D0001", clean_session=False) as display:
            assert await heard(display, b"end") == [("till/D0001/result", b"receipt")]


@pytest.mark.parametrize("kind", BROKERS)
async def test_restarted_it_serves_on_the_same_port(kind: str, tmp_path: Path) -> None:
    async with running(kind, tmp_path) as broker:
        for end in (broker.restart, broker.kill):
            async with client(broker, "D0001") as display:
                await end()
                with pytest.raises(aiomqtt.MqttError):
                    await heard(display, b"end")
        await broker.start()
        async with client(broker, "D0001"):
            pass


@pytest.mark.parametrize("kind", BROKERS)
@pytest.mark.parametrize("shown", certificates.SERVED)
async def test_tls_is_as_right_as_its_certificate(kind: str, shown: str, tmp_path: Path) -> None:
    authority = certificates.Authority()
    certificate = certificates.served(shown, authority)
    async with running(kind, tmp_path, certificate=certificate) as broker:
        assert broker.url.startswith("mqtt:" if shown == "no_tls" else "mqtts:")
        verified = client(broker, "D0001", tls_context=authority.trusting())
        if shown == "right":
            async with verified:
                pass
            return
        with pytest.raises(aiomqtt.MqttError):
            async with verified:
                pass
        anyhow = None if shown == "no_tls" else certificates.trusting_all()
        async with client(broker, "D0001", tls_context=anyhow):
            pass


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(brokers, "_ELSEWHERE", str(tmp_path))
    with pytest.raises(BrokerError, match="apt install mosquitto"):
        brokers.make("mosquitto", tmp_path, USERS)
    with pytest.raises(BrokerError, match="known: amqtt, mosquitto"):
        brokers.make("rabbit", tmp_path, USERS)


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    broker = brokers.make("mosquitto", tmp_path, USERS)
    other = await asyncio.start_server(lambda *_: None, "127.0.0.1", broker.port)
    with pytest.raises(BrokerError, match=r"see .*broker\.log"):
        await broker.start()
    other.close()


def test_the_ssl_contexts_differ() -> None:
    authority = certificates.Authority()
    assert authority.trusting().verify_mode == ssl.CERT_REQUIRED
    assert authority.trusting().check_hostname
    assert certificates.trusting_all().verify_mode == ssl.CERT_NONE
