"""The backend at the broker, with a stand-in for the display, on both brokers."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from host_sim import broker as brokers
from host_sim import certificates
from host_sim.board import ROOT
from host_sim.broker import BROKERS, Broker
from host_sim.gateway.broker import Login
from host_sim.gateway.codes import Device
from host_sim.rights import BACKEND_USER
from tests.host_sim.made import DEVICE, NONCE, code, question, serving, until

OTHER = "ff0102030405060708090a0b"
USERS = {"D0001": "first secret", "D0002": "second secret", BACKEND_USER: "third secret"}


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Broker:
    """A broker that is not started yet."""
    return brokers.make(request.param, tmp_path / "broker", USERS)


@contextlib.asynccontextmanager
async def running(broker: Broker) -> AsyncIterator[None]:
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


def login(broker: Broker, **options: Any) -> Login:
    return Login(broker.url, USERS[BACKEND_USER], **options)


class Display:
    """What a display hears, in order."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[tuple[str, Any]] = []

    async def listen(self) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in self.client.messages:
                name = str(message.topic).removeprefix("till/D0001/")
                assert isinstance(message.payload, bytes)
                with contextlib.suppress(ValueError):
                    self.heard.append((name, json.loads(message.payload)))
                    continue
                self.heard.append((name, message.payload))

    async def ask(self, asked: object, device: str = "D0001") -> None:
        body = asked if isinstance(asked, bytes) else json.dumps(asked)
        await self.client.publish(f"till/{device}/charge", body, qos=1)

    async def hears(self, *wanted: Any) -> Any:
        """Wait for all that is wanted, and that nothing else comes; the last one's content."""
        await until(lambda: len(self.heard) >= len(wanted))
        await asyncio.sleep(0.2)
        assert [(name, said.get("state", said.get("text"))) for name, said in self.heard] == [
            *wanted
        ]
        return self.heard[-1][1]


@contextlib.asynccontextmanager
async def display(broker: Broker) -> AsyncIterator[Display]:
    """A display at the broker, subscribed for good."""
    client = aiomqtt.Client(
        "127.0.0.1",
        broker.port,
        identifier="tillqr-D0001",
        username="D0001",
        password=USERS["D0001"],
        clean_session=False,
    )
    async with client:
        for name in ("result", "answer"):
            await client.subscribe(f"till/D0001/{name}", qos=1)
        made = Display(client)
        listening = asyncio.create_task(made.listen())
        yield made
        listening.cancel()


async def presence(broker: Broker) -> object:
    """What the broker says of the backend to who comes now."""
    client = aiomqtt.Client("127.0.0.1", broker.port, username="D0002", password=USERS["D0002"])
    async with asyncio.timeout(5), client:
        await client.subscribe("tillqr/backend", qos=1)
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            return json.loads(message.payload)
    return None


async def pay(client: Any) -> None:
    await client.get(f"/P/{code()}")
    assert (await client.post(f"/charges/{NONCE}/pay")).status_code == 303


async def test_a_result_is_pushed_and_is_then_with_the_broker(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        running(broker),
        serving(tmp_path, broker=login(broker)) as (gateway, client),
        display(broker) as shown,
    ):
        await pay(client)
        receipt = await shown.hears(("result", "paid"))
        assert receipt == gateway.ledger.receipt(NONCE)
        assert gateway.store.unpushed() == []


async def test_a_display_that_is_away_hears_it_later(broker: Broker, tmp_path: Path) -> None:
    async with running(broker):
        async with display(broker):
            pass
        async with serving(tmp_path, broker=login(broker)) as (gateway, client):
            await pay(client)
            await until(lambda: gateway.store.unpushed() == [])
        async with display(broker) as shown:
            await shown.hears(("result", "paid"))


async def test_it_comes_up_without_a_broker_and_pushes_once_there_is_one(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, broker=login(broker)) as (gateway, client):
        assert gateway.link
        await pay(client)
        await asyncio.sleep(0.5)
        assert not gateway.link.connected
        assert gateway.store.unpushed() == [NONCE]
        # A broker keeps nothing for a display that it has never met: the display comes first.
        met = asyncio.Event()
        connect = Login.client

        def when_met(one: Login) -> aiomqtt.Client:
            if not met.is_set():
                raise aiomqtt.MqttError("the display was not there yet")
            return connect(one)

        monkeypatch.setattr(Login, "client", when_met)
        async with running(broker), display(broker) as shown:
            met.set()
            await shown.hears(("result", "paid"))
            assert gateway.store.unpushed() == []


async def test_a_restarted_backend_pushes_what_the_broker_never_had(
    broker: Broker, tmp_path: Path
) -> None:
    async with serving(tmp_path, broker=login(broker)) as (_, client):
        await pay(client)
    async with running(broker), display(broker) as shown:
        async with serving(tmp_path, broker=login(broker)) as (gateway, _):
            await shown.hears(("result", "paid"))
            await until(lambda: gateway.store.unpushed() == [])
        async with serving(tmp_path, broker=login(broker)):
            await shown.hears(("result", "paid"))  # once, as the broker had it


async def test_a_lost_connection_is_made_again(broker: Broker, tmp_path: Path) -> None:
    async with running(broker), serving(tmp_path, broker=login(broker)) as (gateway, client):
        link = gateway.link
        assert link
        await until(lambda: link.connected)
        await broker.kill()
        await until(lambda: not link.connected)
        await pay(client)
        await broker.start()
        async with asyncio.timeout(3):  # a pause is 1 s at most
            await until(lambda: link.connected)
        await until(lambda: gateway.store.unpushed() == [])
        assert await presence(broker) == {"online": True}


async def test_the_broker_knows_whether_the_backend_is_there(
    broker: Broker, tmp_path: Path
) -> None:
    async with running(broker):
        async with serving(tmp_path, broker=login(broker)) as (gateway, _):
            assert gateway.link
            await until(lambda: gateway.link.connected)
            assert await presence(broker) == {"online": True}
        assert await presence(broker) == {"online": False}


async def test_a_backend_that_is_killed_is_told_of_by_its_will(
    broker: Broker, tmp_path: Path
) -> None:
    command = ["-m", "host_sim.backend", "--host", "127.0.0.1", "--port", "0"]
    command += ["--db", f"sqlite:///{tmp_path}/b.db", "--records", str(tmp_path)]
    environment = {**os.environ, "TILLQR_BROKER_PASSWORD": USERS[BACKEND_USER]}
    async with running(broker):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            "--broker",
            broker.url,
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            assert await presence(broker) == {"online": True}
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
        await asyncio.sleep(0.3)
        assert await presence(broker) == {"online": False}


async def test_questions_are_answered(broker: Broker, tmp_path: Path) -> None:
    texts = iter(["weixin://one"])
    async with (
        running(broker),
        serving(tmp_path, broker=login(broker), provider=lambda _: next(texts)) as (gateway, _),
        display(broker) as shown,
    ):
        made, after = code(), code(nonce=OTHER)
        await shown.ask(question("ask", made))
        said = await shown.hears(("answer", "open"))
        assert said == {"attempt": NONCE, "state": "open"}
        await shown.ask(question("open", made))
        charge = await shown.hears(("answer", "open"), ("answer", "weixin://one"))
        assert charge["attempt"] == NONCE
        await shown.ask(question("close", after))
        closed = await shown.hears(
            ("answer", "open"), ("answer", "weixin://one"), ("result", "closed")
        )
        assert closed == gateway.ledger.receipt(OTHER)


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 1000,
        b" " * 1025 + json.dumps(question("ask", code())).encode(),
        {**question("ask", code()), "verb": "close"},
        {**question("ask", code()), "mac": "00" * 32},
        question("ask", code(), b"another key of 16"),
        question("ask", code(device=Device("D0002", DEVICE.key))),
    ],
)
async def test_what_is_no_question_is_dropped(asked: object, tmp_path: Path) -> None:
    broker = brokers.make("amqtt", tmp_path / "broker", USERS)
    devices = (DEVICE, Device("D0002", DEVICE.key))
    async with (
        running(broker),
        serving(tmp_path, devices, broker=login(broker)) as (gateway, _),
        display(broker) as shown,
    ):
        await shown.ask(asked)
        await shown.ask(question("close", code(nonce=OTHER)))
        await shown.hears(("result", "closed"))  # of the other attempt; the link still stands
        assert gateway.store.get(NONCE) is None


async def test_faults_and_pushes_are_switched(broker: Broker, tmp_path: Path) -> None:
    made = code()
    async with (
        running(broker),
        serving(tmp_path, broker=login(broker)) as (gateway, client),
        display(broker) as shown,
    ):
        gateway.faults.errors = True
        await shown.ask(question("ask", made))
        await asyncio.sleep(0.3)
        gateway.faults.errors, gateway.faults.garbage = False, True
        await shown.ask(question("ask", made))
        await until(lambda: shown.heard)
        assert isinstance(shown.heard.pop()[1], bytes)
        assert shown.heard == []
        gateway.faults.garbage, gateway.faults.silent = False, True
        await gateway.push(False)
        await pay(client)
        await shown.ask(question("ask", made))
        await asyncio.sleep(0.3)
        assert shown.heard == []
        gateway.faults.silent = False
        await shown.hears(("result", "paid"))


async def test_the_brokers_certificate_is_verified(tmp_path: Path) -> None:
    authority = certificates.Authority()
    for shown in certificates.SERVED:
        served = certificates.served(shown, authority)
        broker = brokers.make("mosquitto", tmp_path / shown, USERS, served)
        url = f"mqtts://127.0.0.1:{broker.port}"
        known = Login(url, USERS[BACKEND_USER], trust=authority.trusting())
        async with running(broker), serving(tmp_path, broker=known) as (gateway, _):
            assert gateway.link
            if shown == "right":
                await until(lambda: gateway.link.connected)
                continue
            await asyncio.sleep(0.5)
            assert not gateway.link.connected, shown


@pytest.mark.parametrize("url", ["http://a", "mqtt://", "mqtt://a/b", "mqtts://a:x", "a:1883"])
def test_what_is_no_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"broker must be|[Pp]ort"):
        Login(url, "")


def test_the_usual_ports() -> None:
    for url, port in (("mqtt://a", 1883), ("mqtts://a", 8883), ("mqtts://a:1", 1)):
        assert Login(url, "").place == ("a", port)
