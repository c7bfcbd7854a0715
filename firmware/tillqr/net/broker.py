"""The channel to the backend through a broker (PROTOCOL.md, 11)."""

import asyncio
import json

from micropython import const

from tillqr import __version__
from tillqr.net import mqtt

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.display import Display
    from tillqr.net.backend import Backend
    from tillqr.net.path import Path
    from tillqr.net.server import Server

_ANSWER_S = const(2)
_BACKEND = "tillqr/backend"


class Broker:
    """One session with the broker; what arrives is delivered, and then acknowledged."""

    def __init__(
        self,
        server: "Server",
        path: "Path",
        device: str,
        password: str,
        boot: str,
        backend: "Backend",
        display: "Display",
        count: "Callable[[str], None]",
    ) -> None:
        """path: says whether there is Wi-Fi and the time; backend: takes receipts and answers;
        display: is told when `lacks` or `trouble` is another, and says how long a pause may be."""
        self._server = server
        self._path = path
        self._backend = backend
        self._display = display
        self._prefix = "till/" + device + "/"
        self._count = count
        self._answered = asyncio.Event()
        self._asked = ""
        self._status = json.dumps({"online": True, "firmware": __version__, "boot": boot}).encode()
        self._client = mqtt.Client(
            "tillqr-" + device,
            device,
            password,
            [(self._prefix + "result", 1), (self._prefix + "answer", 0), (_BACKEND, 1)],
            (self._prefix + "status", b'{"online": false}'),
            self._open,
            self._take,
            self._connection_changed,
            display.longest_pause,
        )
        self.lacks = "broker"
        self.trouble = ""

    async def run(self) -> None:
        """Keep the session; for ever."""
        await self._client.run()

    async def ask(self, attempt: str, question: dict, more: bool = False) -> bool:
        """Put a question about an attempt; whether it was answered. The answer is delivered. more:
        whether another will follow at once: then the broker need not say that it has it."""
        if not self._client.connected:
            return False
        self._answered.clear()
        self._asked = attempt
        words = json.dumps(question).encode()
        kind = mqtt.QOS_0 if more else mqtt.QOS_1
        if not self._client.publish(self._prefix + "charge", words, kind):
            self._count("broker_full")
            return False
        try:
            await asyncio.wait_for(self._answered.wait(), _ANSWER_S)
        except asyncio.TimeoutError:
            return False
        return not self._asked

    async def let_go(self) -> None:
        """No more questions follow: the session is kept all the same."""

    def network_changed(self) -> None:
        """Wi-Fi came or went."""
        if self._path.open:
            self._client.hurry()
        else:
            self._client.end()

    async def _open(self):  # type: ignore[no-untyped-def]
        if not self._path.open:
            raise OSError("no network yet")
        return await self._server.open()

    def _take(self, topic: str, payload: "bytes | None") -> bool:
        """Take a message: it is stored, or it doesn't count, when this returns."""
        if payload is None:
            self._count("mqtt_too_large")
        elif topic == _BACKEND:
            self._note("backend" if b"false" in payload else "", "")
            if not self._client.retained:
                self._answered.set()  # it has just come: what was asked before may be lost
        elif topic.startswith(self._prefix):
            named = self._backend.deliver(payload)
            if named is None:
                return False
            if named == self._asked:
                self._asked = ""
                self._answered.set()
        else:
            return False
        return True

    def _connection_changed(self, error: "Exception | None") -> None:
        if error is None:
            self._client.publish(self._prefix + "status", self._status, mqtt.RETAINED)
            self._note("", "")
            self._answered.set()  # what was asked before may be lost: it is asked again
            return
        trouble = self._server.trouble(error, self._client.connected)
        if isinstance(error, mqtt.MqttError):
            self._count("mqtt_" + error.args[0])
            trouble = "broker_refused" if error.args[0] == "refused" else trouble
        self._note("broker", trouble or ("broker_away" if self._path.open else ""))

    def _note(self, lacks: str, trouble: str) -> None:
        if (lacks, trouble) != (self.lacks, self.trouble):
            self.lacks = lacks
            self.trouble = trouble
            self._display.path_changed()
