"""The backend at the broker (PROTOCOL.md, 11): one connection, made again whenever it is lost.

Its session outlives the connection, so that no display's question is lost meanwhile. What it is to
publish waits here until the broker has acknowledged it.
"""

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiomqtt

_QUESTIONS = "till/+/charge"
_PRESENCE = "tillqr/backend"
_ONLINE, _OFFLINE = b'{"online": true}', b'{"online": false}'
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 1.0
_TIMEOUT = 5.0
_ONCE_MORE = 0.5
_KEEP_ALIVE = 30
_LARGEST_QUESTION = 1024
_log = logging.getLogger(__name__)


def _nobody() -> None:
    """Told that a message is with the broker when nobody wants to know."""


@dataclass(frozen=True)
class Login:
    """Where the broker is, and who the backend is there."""

    url: str
    """mqtt://HOST[:PORT], or mqtts:// for TLS, which is verified."""
    password: str
    user: str = "tillqr-backend"
    trust: ssl.SSLContext | None = None
    """What the broker's certificate is verified with; the system's CAs by default."""

    def __post_init__(self) -> None:
        """Raises ValueError if the URL is none."""
        parts = urlsplit(self.url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path:
            raise ValueError("the broker must be mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
        _ = parts.port  # itself raises ValueError

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return str(parts.hostname), parts.port or _PORTS[parts.scheme]

    def client(self) -> aiomqtt.Client:
        """A client that is about to connect, and whose will tells when it goes without a word."""
        host, port = self.place
        secure = self.url.lower().startswith("mqtts:")
        return aiomqtt.Client(
            host,
            port,
            username=self.user,
            password=self.password,
            identifier=self.user,
            clean_session=False,
            will=aiomqtt.Will(_PRESENCE, _OFFLINE, qos=1, retain=True),
            keepalive=_KEEP_ALIVE,
            timeout=_TIMEOUT,
            tls_context=(self.trust or ssl.create_default_context()) if secure else None,
        )


@dataclass
class _Letter:
    """What is to be published, and who wants to know that the broker has it."""

    topic: str
    content: bytes
    taken: Callable[[], None]


class Link:
    """The connection; it has one owner, its own task."""

    def __init__(self, login: Login, on_question: Callable[[str, object], None]) -> None:
        """on_question(display, question) is called with each question that is JSON."""
        self._login = login
        self._on_question = on_question
        self._outbox: dict[str, _Letter] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._client: aiomqtt.Client | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a session with the broker now."""
        return self._client is not None

    def start(self) -> None:
        """Begin to connect, for as long as it takes."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Say goodbye and disconnect."""
        if self._client is not None:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._client.publish(_PRESENCE, _OFFLINE, qos=1, retain=True)
        if self._task is not None:
            await _end([self._task])

    def send(
        self,
        device: str,
        name: str,
        content: dict | bytes,
        taken: Callable[[], None] = _nobody,
    ) -> None:
        """Publish on a display's topic of that name; `taken` is called when the broker has it.

        The newest about an attempt on a topic takes the place of what still waits.
        """
        attempt = content.get("attempt", "") if isinstance(content, dict) else ""
        body = json.dumps(content).encode() if isinstance(content, dict) else content
        topic = f"till/{device}/{name}"
        self._outbox[f"{topic} {attempt}"] = _Letter(topic, body, taken)
        self._wake.set()

    def withdraw_all(self) -> None:
        """Publish nothing of what still waits."""
        self._outbox.clear()

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._login.client() as client:
                    await client.subscribe(_QUESTIONS, qos=1)
                    await client.publish(_PRESENCE, _ONLINE, qos=1, retain=True)
                    pause = _FIRST_PAUSE
                    await self._converse(client)
            except aiomqtt.MqttError as error:
                _log.warning("no session with the broker %s: %s", self._login.url, error)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _converse(self, client: aiomqtt.Client) -> None:
        """Send and listen until one of both fails; raises MqttError."""
        tasks = [asyncio.create_task(task(client)) for task in (self._send_all, self._listen)]
        self._client = client
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._client = None
            await _end(tasks)

    async def _send_all(self, client: aiomqtt.Client) -> None:
        while True:
            while self._outbox:
                key, letter = next(iter(self._outbox.items()))
                await client.publish(letter.topic, letter.content, qos=1)
                if self._outbox.get(key) is letter:
                    del self._outbox[key]
                letter.taken()
            self._wake.clear()
            await self._wake.wait()

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            self._take(str(message.topic), message.payload)

    def _take(self, topic: str, content: object) -> None:
        """Hand on a question; drop what is none."""
        parts = topic.split("/")
        if len(parts) != 3 or parts[0] != "till" or parts[2] != "charge":
            _log.warning("a message on %s was dropped", topic)
            return
        try:
            if not isinstance(content, bytes) or len(content) > _LARGEST_QUESTION:
                raise ValueError("it is too large")
            question = json.loads(content)
        except (ValueError, RecursionError) as bad:
            _log.warning("a question on %s was dropped: %s", topic, bad)
            return
        self._on_question(parts[1], question)


async def _end(tasks: Sequence[asyncio.Task]) -> None:
    """Cancel tasks until they have ended: in CPython 3.11 wait_for, which aiomqtt waits with, loses
    a cancellation that comes at the moment of what it waits for."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_ONCE_MORE)
    await asyncio.gather(*tasks, return_exceptions=True)
