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
from pathlib import Path
from typing import Protocol

from host_sim import amqtt_mended, rights
from host_sim.certificates import Certificate
from host_sim.service import LOOPBACK, free_port

BROKERS = ("amqtt", "mosquitto")
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
        self.forget()  # another run's sessions are of a device key that is gone

    async def start(self) -> None:
        """Begin to serve; raises BrokerError."""
        await self._write_passwords()
        written = self.log.stat().st_size if self.log.exists() else 0
        (self._directory / "acl").write_text(rights.mosquitto_file())
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

    def forget(self) -> None:
        """Lose what it has kept: sessions, with what waits in them, and what it retains."""
        (self._directory / "mosquitto.db").unlink(missing_ok=True)

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
        self._broker: amqtt_mended.Amqtt | None = None
        self._handler: logging.Handler | None = None

    async def start(self) -> None:
        """Begin to serve; raises BrokerError."""
        self._handler = logging.FileHandler(self.log)
        _amqtt_log().addHandler(self._handler)
        self._broker = amqtt_mended.Amqtt(self._configuration())
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
            "plugins": amqtt_mended.plugins(self._users),
        }


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
