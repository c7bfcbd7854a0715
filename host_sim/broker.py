"""The broker of the bench (PROTOCOL.md, 11): Debian's Mosquitto, or amqtt in our own event loop.

Both know the same users and give them the same rights: a display its own topics, the backend all
displays' other side of them. Both listen on loopback only, with TLS if they get a certificate.
"""

import asyncio
import contextlib
import getpass
import logging
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from amqtt.broker import Broker as Amqtt
from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session
from paho.mqtt.client import topic_matches_sub

from host_sim.certificates import Certificate
from host_sim.service import LOOPBACK, free_port

BACKEND_USER = "tillqr-backend"
BROKERS = ("amqtt", "mosquitto")
# What a user may read and write. %u is the user's name, which a display's is its own.
_DISPLAY_READS = ("till/%u/result", "till/%u/answer", "tillqr/backend")
_DISPLAY_WRITES = ("till/%u/charge", "till/%u/status")
_BACKEND_READS = ("till/+/charge", "till/+/status")
_BACKEND_WRITES = ("till/+/result", "till/+/answer", "tillqr/backend")
_ELSEWHERE = "/usr/sbin"  # where Debian has it; not on everyone's PATH
_RUNNING = b" running\n"
_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.02


class BrokerError(RuntimeError):
    """The broker can't run; the text says why."""


class Broker(Protocol):
    """What the bench needs of a broker."""

    port: int
    url: str
    """As a board's setting has it."""

    async def start(self) -> None:
        """Begin to serve; raises BrokerError."""

    async def stop(self) -> None:
        """End in order."""

    async def kill(self) -> None:
        """End without any order, as by a power cut."""

    async def restart(self) -> None:
        """Stop, and start on the same port."""


def make(
    kind: str, directory: Path, users: Mapping[str, str], certificate: Certificate | None = None
) -> Broker:
    """A broker of one of BROKERS; users: their passwords by name."""
    if kind not in BROKERS:
        raise BrokerError(f"there is no broker {kind!r}; known: {', '.join(BROKERS)}")
    made = Mosquitto if kind == "mosquitto" else Embedded
    return made(directory, users, certificate)


class _Base:
    """What both have: a directory, users, a certificate, and one port for good."""

    def __init__(
        self, directory: Path, users: Mapping[str, str], certificate: Certificate | None = None
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._users = dict(users)
        self._certificate = certificate
        self.port = free_port()
        self.url = f"{'mqtts' if certificate else 'mqtt'}://{LOOPBACK}:{self.port}"
        self.log = directory / "broker.log"
        """What it wrote."""


class Mosquitto(_Base):
    """The real program, with a configuration and a database of its own.

    Its database is written whenever it has changed, so that a session outlives `kill`: all but
    what came in the very last turn of its loop.
    """

    def __init__(
        self, directory: Path, users: Mapping[str, str], certificate: Certificate | None = None
    ) -> None:
        super().__init__(directory, users, certificate)
        self._program = _program("mosquitto")
        self._process: asyncio.subprocess.Process | None = None
        # Another run's sessions are of a device key that is gone.
        (directory / "mosquitto.db").unlink(missing_ok=True)

    async def start(self) -> None:
        """Begin to serve; raises BrokerError."""
        await self._write_passwords()
        written = self.log.stat().st_size if self.log.exists() else 0
        (self._directory / "acl").write_text(_acl())
        configuration = self._directory / "mosquitto.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n")
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            "-c",
            str(configuration),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a terminal's Ctrl-C is for the bench
        )
        await self._until_it_says_so(written)

    async def stop(self) -> None:
        """End in order."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End without any order, as by a power cut."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop, and start on the same port."""
        await self.stop()
        await self.start()

    def _configuration(self) -> list[str]:
        lines = [
            f"listener {self.port} {LOOPBACK}",
            "allow_anonymous false",
            f"password_file {self._directory}/passwords",
            f"acl_file {self._directory}/acl",
            "persistence true",
            f"persistence_location {self._directory}/",
            "autosave_on_changes true",
            "autosave_interval 1",
            "set_tcp_nodelay true",
            f"log_dest file {self.log}",
            "log_type all",
            "log_timestamp_format %H:%M:%S",
        ]
        if os.geteuid() == 0:  # else it would become a user who may not read the directory
            lines.append(f"user {getpass.getuser()}")
        if self._certificate:
            chain, key = self._certificate.write(self._directory)
            lines += [f"certfile {chain}", f"keyfile {key}"]
        return lines

    async def _write_passwords(self) -> None:
        """The password file; no password is on a command line, where all could read it."""
        path = self._directory / "passwords"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}:{word}\n" for name, word in self._users.items()))
        hashing = await asyncio.create_subprocess_exec(
            _program("mosquitto_passwd"), "-U", str(path), stdout=asyncio.subprocess.DEVNULL
        )
        if await hashing.wait():
            raise BrokerError(f"mosquitto_passwd ended with status {hashing.returncode}")

    async def _until_it_says_so(self, written: int) -> None:
        """Wait until it serves; written: how much of the log is of earlier runs."""
        assert self._process is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                while self._process.returncode is None:
                    if self.log.exists() and _RUNNING in self.log.read_bytes()[written:]:
                        return
                    await asyncio.sleep(_LOOK_SECONDS)
        await self.kill()
        raise BrokerError(f"mosquitto does not serve: see {self.log}")

    async def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._process = None


class Embedded(_Base):
    """amqtt, in the loop of whoever starts it. It keeps nothing: its sessions and what it retains
    end with it, whether it is stopped or killed."""

    def __init__(
        self, directory: Path, users: Mapping[str, str], certificate: Certificate | None = None
    ) -> None:
        super().__init__(directory, users, certificate)
        self._broker: Amqtt | None = None
        self._handler: logging.Handler | None = None

    async def start(self) -> None:
        """Begin to serve; raises BrokerError."""
        self._handler = logging.FileHandler(self.log)
        _amqtt_log().addHandler(self._handler)
        self._broker = _Amqtt(self._configuration())
        await self._broker.start()

    async def stop(self) -> None:
        """End."""
        if self._broker is not None:
            await self._broker.shutdown()
            self._broker = None
        if self._handler is not None:
            _amqtt_log().removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    async def kill(self) -> None:
        """End: to who is connected it is the same."""
        await self.stop()

    async def restart(self) -> None:
        """Stop, and start on the same port."""
        await self.stop()
        await self.start()

    def _configuration(self) -> dict:
        listener: dict[str, object] = {"type": "tcp", "bind": f"{LOOPBACK}:{self.port}"}
        if self._certificate:
            chain, key = self._certificate.write(self._directory)
            listener |= {"ssl": True, "certfile": str(chain), "keyfile": str(key)}
        return {
            "listeners": {"default": listener},
            "plugins": {
                f"{__name__}.{Passwords.__name__}": {"users": self._users},
                f"{__name__}.{Topics.__name__}": {},
            },
        }


class _Amqtt(Amqtt):
    """amqtt 0.12 without two of its faults."""

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve a connection. A client that goes while it is turned away is no error."""
        with contextlib.suppress(OSError):
            await super().stream_connected(reader, writer, listener_name)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Only to who has just subscribed so. amqtt's own sends a session that comes back what is
        retained of anybody's subscriptions, with QoS 0."""
        name, qos = subscription
        subscribed = ((one.client_id, level) for one, level in self._subscriptions.get(name, []))
        if (session.client_id, qos) in subscribed:
            await super()._publish_retained_messages_for_subscription(subscription, session)


class Passwords(BaseAuthPlugin):
    """Lets in who knows the password; amqtt loads it by its name."""

    @dataclass
    class Config:
        """What it is told."""

        users: dict[str, str] = field(default_factory=dict)

    async def authenticate(self, *, session: Session) -> bool:
        """Whether it is a user with the right password."""
        known = self.context.config.users.get(session.username)
        return known is not None and session.password == known


class Topics(BaseTopicPlugin):
    """Says who may read and write what; amqtt loads it by its name."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)

    async def topic_filtering(
        self,
        *,
        session: Session | None = None,
        topic: str | None = None,
        action: Action | None = None,
    ) -> bool:
        """Whether a user may do that with a topic, or with all topics of a filter."""
        if session is None or not session.username or not topic:
            return False
        return may(session.username, "write" if action == Action.PUBLISH else "read", topic)


def may(user: str, verb: str, topic: str) -> bool:
    """Whether a user may "read" or "write" a topic, or all topics of a filter."""
    if user == BACKEND_USER:
        allowed = _BACKEND_READS if verb == "read" else _BACKEND_WRITES
    else:
        allowed = _DISPLAY_READS if verb == "read" else _DISPLAY_WRITES
    own = [rule.replace("%u", user) for rule in allowed]
    if "+" in topic or "#" in topic:
        return topic in own
    return any(topic_matches_sub(rule, topic) for rule in own)


def _acl() -> str:
    """The same as Mosquitto's file of rights. A pattern holds for every user."""
    lines = [f"user {BACKEND_USER}"]
    lines += [f"topic read {topic}" for topic in _BACKEND_READS]
    lines += [f"topic write {topic}" for topic in _BACKEND_WRITES]
    lines += [f"pattern read {topic}" for topic in _DISPLAY_READS]
    lines += [f"pattern write {topic}" for topic in _DISPLAY_WRITES]
    return "\n".join(lines) + "\n"


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=_ELSEWHERE)
    if found is None:
        raise BrokerError(f"{name} is not installed (Debian: apt install mosquitto)")
    return found


def _amqtt_log() -> logging.Logger:
    """amqtt's log, which goes to the file only."""
    log = logging.getLogger("amqtt")
    log.propagate = False
    log.setLevel(logging.INFO)
    return log
