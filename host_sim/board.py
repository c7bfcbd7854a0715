"""A simulated board: a process that runs the firmware, and what its pins are joined to.

The firmware runs unmodified on CPython (`cpython`) or on MicroPython's Unix port with the chip's
heap (`micropython`); host_sim/shims carries its bytes to here.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from host_sim import chip
from host_sim.air import Air, OwnNetwork, Station
from host_sim.buses import Buses
from host_sim.console import Console
from host_sim.nvs import Nvs
from host_sim.reader.wiring import wire
from host_sim.rtc import Rtc
from host_sim.uart_line import UartLine
from tools import filesystem

ROOT = Path(__file__).resolve().parent.parent
RUNTIMES = ("cpython", "micropython")
HEAP_KB = 160
"""The heap that the firmware has: with pointers of 64 bits it is as much as it has on the chip."""
SHIMS_KB = 17
"""What the shims take beside it: on the chip they are C (`make size` measures it)."""
_FLASH_KB = 2  # what the flash's shim takes, where a board starts from an image
_TLS_KB = 48
"""What TLS takes beside it: on the chip that is of ESP-IDF's heap, not of MicroPython's."""
_FIRMWARE = ROOT / "firmware"
_SHIMS = ROOT / "host_sim" / "shims"
_BUILD = ROOT / "build"
_FLASH = "flash.bin"
_CA = "ca.der"
_LAST_WORDS = 2000  # characters
_PWRON_RESET = 1
_HARD_RESET = 2  # machine.reset(), or a panic
_WDT_RESET = 3


class BoardError(RuntimeError):
    """The board can't be started; the text says why."""


def board_names() -> list[str]:
    """The names of all boards."""
    return sorted(path.stem for path in (ROOT / "boards").glob("*.json"))


def language_names() -> list[str]:
    """The languages that there are texts in."""
    return sorted(path.stem for path in (_FIRMWARE / "texts").glob("*.txt"))


def profile(name: str) -> dict:
    """The board profile of a name; raises BoardError."""
    try:
        return dict(json.loads((ROOT / "boards" / f"{name}.json").read_text()))
    except OSError:
        known = ", ".join(board_names())
        raise BoardError(f"there is no board {name!r}; known: {known}") from None


class Board:
    """One board with its panel, UART line, buttons, Wi-Fi, NVS, watchdog and console."""

    def __init__(
        self,
        runtime: str,
        board: str,
        directory: Path,
        settings: dict,
        secrets: dict[str, bytes],
        panel_changed: Callable[[], None],
        image: Path | None = None,
        probe: Path | None = None,
        air: Air | None = None,
        setup_port: int = 0,
        console: bool = False,
        ca: bytes = b"",
        reader: str = "",
    ) -> None:
        """directory: where the board's file system is laid out; settings, secrets: what
        provisioning would have written to settings.json (nothing: there is no file) and to NVS;
        air: the access points around it, and none by default; setup_port: where the set-up page is
        served; ca: the certificate that provisioning would have stored, if any; reader: the bus
        ("hsu", "spi", "i2c") of a reader on pins that are free, where the profile has none.

        probe: a script that runs in main.py's place. MicroPython only: image, a file system that
        was built for this machine, to start from in place of the files of `make setup`; console,
        whether the console is a serial port, with MicroPython's prompt behind the firmware.
        """
        if runtime not in RUNTIMES:
            raise BoardError(f"there is no runtime {runtime!r}; known: {', '.join(RUNTIMES)}")
        if not (_BUILD / "fonts.tqf").exists():
            raise BoardError("the firmware is not built: run `make setup`")
        self._runtime = runtime
        self.profile = profile(board)
        if setup_port:
            self.profile["setup_port"] = setup_port
        if reader:
            self.profile["reader"] = wire(self.profile, reader)
        if reader == "hsu":
            self.profile.pop("machine_uart", None)  # the chip has no other for both
        self._directory = directory
        self.prefix: Sequence[str] = ()
        """A command that runs the firmware's: a debugger or a profiler."""
        self._image = image
        self._probe = probe
        self._settings = settings
        self._ca = ca
        self.nvs = Nvs({("tillqr", name): value for name, value in secrets.items()})
        self.buses = Buses(self.profile, panel_changed)
        self.panel = self.buses.panel
        self.reader = self.buses.reader
        """The built-in reader, if there is one."""
        self.field = self.reader.field if self.reader else None
        """What customers hold to it."""
        self.line = UartLine()
        """To the register."""
        self.machine_line = UartLine()
        """To a card machine, where the profile has a UART for one."""
        self.air = air or Air()
        """The access points, to be changed while it runs."""
        self.station = Station(self.air)
        self._access_point = OwnNetwork()
        self.rtc = Rtc()
        """The chip's clock, and its memory that outlives a reset."""
        self.console = Console() if console else None
        """The console as a serial port, if there is one; else it is only logged."""
        self._chip = self._new_chip()
        self._process: asyncio.subprocess.Process | None = None
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()
        self._watchdog: asyncio.TimerHandle | None = None
        self._watchdog_seconds = 0.0
        self._cause = _PWRON_RESET
        self._stopping = False
        self._cut = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self.resets = 0
        """How often the board restarted by itself."""
        self.log = directory / "console.log"
        """What the firmware printed on its console."""

    async def start(self) -> None:
        """Lay out the file system and switch the board on."""
        self._lay_out()
        self.line.start()
        self.machine_line.start()
        if self.console:
            self.console.start(self.log)
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        self._runner = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Switch the board off."""
        self._stopping = True
        self._quiet_watchdog()
        self.kill()
        if self._runner:
            await self._runner
        if self._server:
            self._server.close()
        for task in self._links:
            task.cancel()
        self.line.stop()
        self.machine_line.stop()
        if self.console:
            self.console.stop()

    def last_words(self) -> str:
        """What became of the board, with the end of its console, for who looks into a failure."""
        ended = self._process is None or self._process.returncode is not None
        power = "off" if ended else "on"
        said = self.log.read_text(errors="replace")[-_LAST_WORDS:] or "nothing"
        return f"the board is {power}, after {self.resets} restarts; its console:\n{said}"

    @property
    def process(self) -> int:
        """The number of the firmware's process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """Cut the power of a running board; it starts again unless it is being stopped."""
        self._cut.set()
        self._reset(_PWRON_RESET)

    def _reset(self, cause: int) -> None:
        self._cause = cause
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)

    def _new_chip(self) -> chip.Chip:
        """The profile's chip, just reset."""
        try:
            return chip.Chip(self.profile["chip"])
        except chip.Refused as refused:
            raise BoardError(f"boards/{self.profile['name']}.json: {refused}") from None

    def _lay_out(self) -> None:
        directory = self._directory
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        self.log.write_bytes(b"")
        settings = json.dumps(self._settings)
        if self._image:
            shutil.copytree(_BUILD / "shims", directory / "shims")
            flash = self._image.read_bytes()
            flash = filesystem.with_file(flash, "settings.json", settings.encode())
            if self._ca:
                flash = filesystem.with_file(flash, _CA, self._ca)
            (directory / _FLASH).write_bytes(flash)
            return
        shutil.copyfile(_BUILD / "fonts.tqf", directory / "fonts.tqf")
        shutil.copytree(_FIRMWARE / "texts", directory / "texts")
        if self._runtime == "micropython":
            shutil.copyfile(_FIRMWARE / "main.py", directory / "main.py")
            shutil.copytree(_BUILD / "board", directory, dirs_exist_ok=True)
            shutil.copytree(_BUILD / "shims", directory / "shims")
        (directory / "board.json").write_text(json.dumps(self.profile))
        if self._settings:
            (directory / "settings.json").write_text(settings)
        if self._ca:
            (directory / _CA).write_bytes(self._ca)
        if self._probe:
            shutil.copyfile(self._probe, directory / "probe.py")

    def _command(self) -> list[str]:
        if self._runtime == "cpython":
            boot = _SHIMS / "cpython" / "boot.py"
            main = self._directory / "probe.py" if self._probe else _FIRMWARE / "main.py"
            return [sys.executable, str(boot), str(main)]
        start = ["-m", "flash"] if self._image else ["probe.py" if self._probe else "main.py"]
        micropython = Path(sys.executable).parent / "micropython"
        prompt = ["-i"] if self.console else []
        has_ca = self._ca or (self._directory / _CA).exists()  # provisioning may have stored one
        beside = SHIMS_KB + (_TLS_KB if has_ca else 0) + (_FLASH_KB if self._image else 0)
        heap = ["-X", f"heapsize={HEAP_KB + beside}k"]
        return [*self.prefix, str(micropython), *prompt, *heap, *start]

    def _environment(self) -> dict[str, str]:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        environment = dict(os.environ)
        environment["TILLQR_BENCH"] = f"{host}:{port}"
        environment["TILLQR_SERIAL"] = "a4cf12345678"
        environment["TILLQR_RESET_CAUSE"] = str(self._cause)
        environment["TILLQR_CONSOLE"] = "1" if self.console else ""
        if self._runtime == "cpython":
            paths = [_SHIMS / "cpython", _SHIMS, _FIRMWARE]
            environment["PYTHONPATH"] = os.pathsep.join(map(str, paths))
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
            environment["PYTHONUNBUFFERED"] = "1"  # the console is read while it runs
        else:
            environment["TILLQR_FLASH"] = str(self._directory / _FLASH)
            places = [str(self._directory / "shims")] if self._image else ["", "shims"]
            environment["MICROPYPATH"] = os.pathsep.join((*places, ".frozen"))
        return environment

    async def _run(self) -> None:
        """Run the firmware; start it again whenever it ends, as a reset would."""
        while not self._stopping:
            self._chip = self._new_chip()
            self.station = Station(self.air)
            self.rtc.start(powered_on=self._cause == _PWRON_RESET)
            self._cut.clear()
            if self.reader and self._cause == _PWRON_RESET:
                self.reader.model.cut()
            environment = self._environment()
            self._cause = _HARD_RESET  # the next start's, if nothing but itself ends it
            with self.log.open("ab") as console:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command(),
                    cwd=self._directory,
                    env=environment,
                    stdin=self.console.inner if self.console else asyncio.subprocess.DEVNULL,
                    stdout=self.console.inner if self.console else console,
                    stderr=self.console.inner if self.console else console,
                    start_new_session=True,  # a terminal's Ctrl-C is for the bench
                )
                if self.console:
                    self.console.process = self._process.pid
                if self._stopping:
                    self.kill()
                status = await self._process.wait()
                console.write(f"[bench] the firmware ended with status {status}\n".encode())
            self._access_point = OwnNetwork()
            self._quiet_watchdog()
            if status == 0:  # on the chip there would be a prompt now
                await self._cut.wait()
            self.nvs.start()
            if not self._stopping:
                self.resets += 1
                await asyncio.sleep(0.1)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            greeting = json.loads(await reader.readline())
            if self.reader and self.reader.is_uart(greeting.get("uart", -1)):
                await self.reader.attach(reader, writer)
            elif "uart" in greeting:
                await self._line_of(greeting["uart"]).attach(greeting["baud"], reader, writer)
            else:
                self.buses.power(lambda pin, level: writer.write(bytes((ord("I"), pin, level))))
                await self._read_bus(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the board is gone
        finally:
            self._links.discard(task)
            writer.close()

    def _line_of(self, uart: int) -> UartLine:
        """What a UART is wired to."""
        return self.line if uart == self.profile["till_uart"]["id"] else self.machine_line

    async def _read_bus(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry out the records that host_sim/shims/wire.py describes."""
        while True:
            kind = await reader.readexactly(1)
            if kind == b"P":
                self.buses.pin(*await reader.readexactly(2))
            elif kind == b"S":
                host, data = (await reader.readexactly(1))[0], await _sized(reader)
                self.buses.spi(host, data)
            elif kind == b"B":
                record = await reader.readexactly(3)
                self.buses.duty(record[0], int.from_bytes(record[1:], "big"))
            elif kind == b"W":
                milliseconds = int.from_bytes(await reader.readexactly(4), "big")
                self._watchdog_seconds = milliseconds / 1000
                self._wind_watchdog()
            elif kind == b"F":
                self._wind_watchdog()
            elif kind == b"R":
                self._reset(_HARD_RESET)
            elif kind == b"X":
                host, data = (await reader.readexactly(1))[0], await _sized(reader)
                writer.write(_record(b"X", self.buses.exchange(host, data)))
            elif kind == b"T":
                bus, address = await reader.readexactly(2)
                data = await _sized(reader)
                writer.write(_transferred(self.buses.i2c_write, bus, address, data))
            elif kind == b"G":
                bus, address, *size = await reader.readexactly(4)
                writer.write(_transferred(self.buses.i2c_read, bus, address, int.from_bytes(size)))
            elif kind == b"J":
                answer = await self._answer(json.loads(await _sized(reader)))
                writer.write(_record(b"J", json.dumps(answer).encode()))
            else:
                raise ConnectionError(f"no record of kind {kind!r}")

    def _quiet_watchdog(self) -> None:
        if self._watchdog:
            self._watchdog.cancel()

    def _wind_watchdog(self) -> None:
        self._quiet_watchdog()
        loop = asyncio.get_running_loop()
        self._watchdog = loop.call_later(self._watchdog_seconds, self._reset, _WDT_RESET)

    def press(self, key: str = "qr_key", seconds: float = 0.3) -> None:
        """Press a button for some time, so long that also a board which gets little of this
        machine's time sees it."""
        self.hold(key)
        asyncio.get_running_loop().call_later(seconds, self.release, key)

    def hold(self, key: str = "qr_key") -> None:
        """Press a button; it is down, also through a power cut, until it is released."""
        self.buses.hold(key)

    def release(self, key: str = "qr_key") -> None:
        """Let a button go."""
        self.buses.release(key)

    @property
    def wifi_on(self) -> bool:
        """Whether any access point is there; switch it off to cut the network."""
        return self.air.on

    @wifi_on.setter
    def wifi_on(self, on: bool) -> None:
        self.air.on = on

    @property
    def own_network(self) -> tuple[str, str] | None:
        """Name and password of the network that the board itself has opened."""
        return self._access_point.named

    async def _answer(self, request: dict) -> dict:
        """Carry out a request of a shim, which raises what is refused."""
        try:
            if "make" in request:
                self._chip.make(request["make"], **request["with"])
                self.buses.made(request["make"], request["with"])
            elif "wlan" in request:
                interface = self._access_point if request["of"] else self.station
                verb, said, named = (request[name] for name in ("wlan", "said", "named"))
                return {"value": await interface.answer(verb, *said, **named)}
            elif "rtc" in request:
                return {"value": self.rtc.answer(request["rtc"], request["with"])}
            else:
                return {"value": self.nvs.answer(request)}
        except ValueError as refused:  # chip.Refused is one
            return {"refused": str(refused)}
        except OSError as error:
            return {"oserror": list(error.args)}
        return {"value": None}


async def _sized(reader: asyncio.StreamReader) -> bytes:
    """Bytes that come behind their number."""
    return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))


def _record(kind: bytes, data: bytes) -> bytes:
    """A record with bytes behind their number."""
    return kind + len(data).to_bytes(2) + data


def _transferred(transfer: Callable[..., bytes], *what: object) -> bytes:
    """The record that answers a transfer on an I2C bus."""
    try:
        return _record(b"X", transfer(*what))
    except OSError as error:
        return b"E" + (error.errno or 0).to_bytes(2)
