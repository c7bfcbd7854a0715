"""A counter of real processes that may be killed while they work: a board on its flash's image, a
register and a backend; with a real broker, and a relay between board and broker."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from host_sim.bench import DEVICE, SHOP, Bench
from host_sim.service import LOOPBACK, free_port
from tools.faults.processes import till
from tools.faults.processes.child import Child
from tools.outages.proxy import Proxy

BOARD = "t_display"
REGISTER = "3"
_SECONDS = 40.0


class Gone(RuntimeError):
    """The register died before it answered."""


class Refused(RuntimeError):
    """The register's call failed; the text is the reason."""


class Till(Child):
    """A register in a process of its own."""

    def __init__(self, port: str, directory: Path, hear: Callable[[str, dict], None]) -> None:
        command = (
            sys.executable,
            "-m",
            till.__name__,
            port,
            f"sqlite:///{directory}/shop.db",
            REGISTER,
        )
        super().__init__(command, till.READY, self._line)
        self._hear = hear
        self._answer: asyncio.Future[dict] | None = None
        self._asking = asyncio.Lock()

    async def call(self, name: str, *arguments: object) -> Any:
        """Have it call something of tools.register.Register; raises Gone and Refused."""
        async with self._asking:
            await self.until_ready()
            self._answer = asyncio.get_running_loop().create_future()
            self.write(json.dumps({"call": name, "with": arguments}))
            answer = await self._answer
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["answer"]

    def over(self) -> None:
        """It has died: who waits for an answer gets none."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Gone())

    def _line(self, line: str) -> None:
        said = json.loads(line)
        if "heard" in said:
            self._hear(said["heard"], said["content"])
        elif self._answer is not None and not self._answer.done() and till.READY not in said:
            self._answer.set_result(said)


class Backend(Child):
    """The backend in a process of its own, in the place of the bench's."""

    def __init__(self, bench: Bench, directory: Path, take: Callable[[str], None]) -> None:
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._word = directory / "dies-at"
        self._records = directory / "records"
        record = {"device": DEVICE, "key": bench.key.hex(), "key_number": 1, "shop": SHOP}
        self._records.mkdir()
        (self._records / "board.json").write_text(json.dumps(record))
        module = "tools.faults.processes.backend"
        command = [sys.executable, "-m", module, str(self._word), "--host", LOOPBACK]
        command += ["--records", str(self._records), "--port", str(self.port)]
        command += ["--db", f"sqlite:///{directory}/gateway.db"]
        environment = {}
        if bench.login:
            command += ["--broker", bench.login.url]
            environment["TILLQR_BROKER_PASSWORD"] = bench.login.password
        super().__init__(command, f"knows the display {DEVICE}", take, environment)

    def die_at(self, word: str) -> None:
        """Have it die when it says a word next."""
        self._word.write_text(word)

    def live(self) -> None:
        """Don't have it die any more."""
        self._word.unlink(missing_ok=True)


class Counter:
    """All that a sale needs."""

    def __init__(self, road: str, image: Path, directory: Path, forgetful: bool = False) -> None:
        """road: "mqtt" or "http"; image: the board's file system, built for this machine;
        forgetful: a fault, what the board has written to its flash is gone after a power cut."""
        self.directory = directory
        self._flash = directory / "board" / "flash.bin"
        self._written = b"" if forgetful else None
        options: dict[str, Any] = {"image": image, "road": road, "broker": "mosquitto"}
        self.bench = Bench("micropython", BOARD, directory, **options)
        self.changed = asyncio.Event()
        self.on_word: Callable[[str], None] = lambda _: None
        """Hears what the backend says that happened."""
        self.on_hear: Callable[[str, dict], None] = lambda _, __: None
        """Hears what the register hears."""
        self._its_own = self.bench.backend
        self.backend = Backend(self.bench, directory, self._said)
        self.bench.backend = self.backend  # type: ignore[assignment]
        self.bench.settings["backend"] = self.backend.url
        self.relay: Proxy | None = None
        """Between board and broker, where there is one."""
        if self.bench.broker:
            self.relay = Proxy(self.bench.broker.port)
            self.bench.settings["broker"] = f"mqtt://{LOOPBACK}:{self.relay.port}"
        self.till = Till(self.bench.board.line.path, directory, self._hear)
        self.till.on_death = self._register_died
        self.backend.on_death = self.changed.set

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Counter"]:
        """Everything is on, and ready for a sale."""
        await self._its_own.stop()
        if self.relay:
            await self.relay.accept()
        async with self.bench:
            if self._written is not None:
                self._written = self._flash.read_bytes()
            await self.till.start()
            try:
                await self.until_ready()
                yield self
            finally:
                await self.till.stop()
                if self.relay:
                    self.relay.refuse()

    async def until_ready(self, seconds: float = _SECONDS) -> None:
        """Wait until a sale by code can complete; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while (await self._info()).get("lacks", "everything"):
                await asyncio.sleep(0.05)

    async def _info(self) -> dict:
        try:
            return dict(await self.till.call("info"))
        except (Gone, Refused):
            return {}

    def strike(self, who: str) -> None:
        """Kill the "board" (its power is cut), the "register" or the "backend"."""
        if who == "board":
            self.bench.board.kill()
            if self._written is not None:
                self._flash.write_bytes(self._written)
        else:
            {"register": self.till, "backend": self.backend}[who].kill()

    def _hear(self, name: str, content: dict) -> None:
        self.on_hear(name, content)
        self.changed.set()

    def _register_died(self) -> None:
        self.till.over()
        self.on_hear("", {})
        self.changed.set()

    def _said(self, words: str) -> None:
        self.on_word(f"{words} ")
        self.changed.set()
