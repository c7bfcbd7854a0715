"""`make run`, as its user runs it: in a pipe, on a terminal, and with a register beside it."""

import asyncio
import contextlib
import fcntl
import io
import json
import os
import pty
import queue
import re
import shlex
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from PIL import Image

from host_sim.board import ROOT, RUNTIMES
from host_sim.phone import Phone
from host_sim.terminal import HALF_BLOCK

_SECONDS = 20
_T = TypeVar("_T")
_RUN = [sys.executable, "-m", "host_sim.run", "--backend-port", "0", "--panel-port", "0"]


def until(what: Callable[[], _T | None], words: str) -> _T:
    """Wait until what() is true, and return it."""
    deadline = time.monotonic() + _SECONDS
    while not (value := what()):
        assert time.monotonic() < deadline, f"{words}: not in {_SECONDS} s"
        time.sleep(0.02)
    return value


def processes_in(directory: Path) -> list[int]:
    """The processes that run in a directory or below it: boards."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(directory):
                found.append(int(process.name))
    return found


class Piped:
    """A run with plain output; its lines are read as they come."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self._process = subprocess.Popen(
            [*_RUN, "--directory", str(directory), *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._coming: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._coming.put(line.rstrip("\n"))

    def line(self, pattern: str) -> re.Match[str]:
        """The next line that matches."""
        deadline = time.monotonic() + _SECONDS
        while True:
            self.lines.append(self._coming.get(timeout=max(0.01, deadline - time.monotonic())))
            if match := re.search(pattern, self.lines[-1]):
                return match

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Send a signal; return the exit status and what is on stderr."""
        self._process.send_signal(number)
        assert self._process.stderr is not None
        status = self._process.wait(_SECONDS)
        self._reader.join(_SECONDS)
        return status, self._process.stderr.read()

    def close(self) -> None:
        """Make sure that it is gone."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def piped(tmp_path: Path) -> Iterator[Callable[..., Piped]]:
    with contextlib.ExitStack() as runs:

        def run(*options: str) -> Piped:
            piped = Piped(tmp_path / "run", *options)
            runs.callback(piped.close)
            return piped

        yield run


def start(*command: str) -> subprocess.Popen[str]:
    """A command in a second terminal."""
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def register(*options: str) -> subprocess.Popen[str]:
    """The register's command in a second terminal."""
    return start(sys.executable, "-m", "tools.register", *options)


def wait_for_network(port: str, database: str) -> None:
    """Ask for INFO until the display has joined its network."""

    def joined() -> bool:
        asking = register("info", "--port", port, "--db", database)
        output, _ = asking.communicate(timeout=_SECONDS)
        assert asking.returncode == 0
        return bool(json.loads(output)["network"])

    until(joined, "the display joins the network")


async def pay(url: str) -> None:
    """Open a page in a browser and press its "Pay now"."""
    phone = Phone()
    await phone.pay(await phone.open(url))
    await phone.close()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_sale_from_a_second_terminal(runtime: str, piped: Callable[..., Piped]) -> None:
    run = piped("--runtime", runtime)
    port = run.line(r"^serial port +(/\S+)$")[1]
    backend = run.line(r"^backend +(http://127\.0\.0\.1:\d+)$")[1]
    view = run.line(r"^panel view +(http://127\.0\.0\.1:\d+)$")[1]
    command = run.line("^.* -m tools.register .*$")[0]
    run.line("Ctrl-C")
    wait_for_network(port, f"sqlite:///{run.directory}/shop.db")

    paying = start(*shlex.split(command))
    with httpx.Client(base_url=view, trust_env=False) as browser:
        code = until(lambda: browser.get("/code").json()["url"], "a code is on the panel")
        assert code.lower().startswith(backend)
        assert len(processes_in(run.directory)) == 1
    asyncio.run(pay(code))
    output, _ = paying.communicate(timeout=_SECONDS)
    assert paying.returncode == 0
    result = json.loads(output.splitlines()[-1])
    assert result["outcome"] == "paid"
    with sqlite3.connect(run.directory / "shop.db") as connection:
        found = connection.execute('SELECT "order", amount, currency FROM sales').fetchall()
    assert found == [(result["order"], 1234, "EUR")]

    run.line("is with the broker")
    assert run.end() == (0, "")
    assert not any("\x1b" in line for line in run.lines)
    assert processes_in(run.directory) == []


def test_sigterm_ends_it_with_a_browser_on_the_page(piped: Callable[..., Piped]) -> None:
    run = piped("--runtime", "cpython")
    view = run.line(r"^panel view +(\S+)$")[1]
    run.line("Ctrl-C")
    with (
        httpx.Client(base_url=view, trust_env=False) as browser,
        browser.stream("GET", "/events") as stream,
    ):
        events = stream.iter_text()  # the stream is open for as long as this is
        assert next(events).startswith("data: ")
        assert run.end(signal.SIGTERM) == (0, "")
        assert list(events) == []
    assert processes_in(run.directory) == []


def test_the_page_presses_keys_and_hears_of_changes(piped: Callable[..., Piped]) -> None:
    run = piped("--runtime", "cpython")
    view = run.line(r"^panel view +(\S+)$")[1]
    run.line("Ctrl-C")
    with (
        httpx.Client(base_url=view, trust_env=False, timeout=_SECONDS) as browser,
        browser.stream("GET", "/events") as stream,
    ):
        events = (json.loads(line[6:]) for line in stream.iter_lines() if line)
        assert browser.post("/press/wifi").status_code == 204
        run.line("^Wi-Fi is off$")
        switched = next(event for event in events if "off" in event["labels"]["wifi"])
        until(lambda: Image.open(io.BytesIO(browser.get("/panel.png").content)).getbbox(), "lit")
        assert browser.post("/press/reset").status_code == 204
        run.line("^the board restarted$")
        assert next(event for event in events if event["version"] > switched["version"])
    assert run.end() == (0, "")


def test_a_second_run_takes_nothing_from_the_first(piped: Callable[..., Piped]) -> None:
    first = piped("--runtime", "cpython")
    taken = first.line(r"^backend +http://127\.0\.0\.1:(\d+)$")[1]
    first.line("Ctrl-C")
    assert fail("--directory", str(first.directory)).startswith("run: another run uses ")
    options = ("--runtime", "cpython", "--directory", str(first.directory.with_name("second")))
    second = piped(*options, "--backend-port", taken, "--panel-port", taken)
    assert second.line(r"^backend +http://127\.0\.0\.1:(\d+)$")[1] != taken
    assert second.line(r"^panel view +http://127\.0\.0\.1:(\d+)$")[1] != taken
    second.line("Ctrl-C")
    assert second.end() == (0, "")
    assert first.end() == (0, "")


def fail(*options: str) -> str:
    """Run with options that can't work; return the one line on stderr."""
    run = subprocess.run(
        [*_RUN, *options], cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    return run.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--runtime", "jython"), "there is no runtime 'jython'; known: "),
        (("--board", "toaster"), "there is no board 'toaster'; known: "),
        (("--directory", "/dev/null/run"), "can't use the directory /dev/null/run: "),
    ],
)
def test_what_cant_run(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    assert fail("--directory", str(tmp_path), *options).startswith(f"run: {words}")


def _take_terminal() -> None:
    """Make stdin the controlling terminal, so that Ctrl-C in it is a SIGINT."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class OnTerminal:
    """A run on a terminal of its own, 100 columns by 40 rows."""

    def __init__(self, directory: Path) -> None:
        self.keyboard, self.side = pty.openpty()
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.before = termios.tcgetattr(self.side)
        self._written = bytearray()
        self._read_to = 0
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1"}
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [*_RUN, "--runtime", "cpython", "--directory", str(directory)],
            cwd=ROOT,
            env=environment,
            stdin=self.side,
            stdout=self.side,
            stderr=self.side,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self.keyboard, 65536):
                self._written += data

    @property
    def text(self) -> str:
        """All that was written to the terminal."""
        return self._written.decode("utf-8", "replace")

    def sees(self, pattern: str) -> re.Match[str]:
        """Wait for something that is written after what was seen last."""
        look = re.compile(pattern)
        match = until(lambda: look.search(self.text, self._read_to), pattern)
        self._read_to = match.end()
        return match

    def type(self, letters: str) -> None:
        """Press keys."""
        os.write(self.keyboard, letters.encode())

    def close(self) -> None:
        """Make sure that it is gone."""
        self.process.kill()
        self.process.wait()
        os.close(self.side)
        os.close(self.keyboard)


@pytest.fixture
def on_terminal(tmp_path: Path) -> Iterator[OnTerminal]:
    run = OnTerminal(tmp_path / "run")
    yield run
    run.close()


def test_on_a_terminal(on_terminal: OnTerminal, tmp_path: Path) -> None:
    run = on_terminal
    port = run.sees(r"serial port +(/dev/[\w/]+)")[1]
    view = run.sees(r"panel view +(http://[\d.:]+)")[1]
    run.sees("q QR key, w Wi-Fi \\(now on\\)")
    run.sees(f"48;2;[0-9;]+m{HALF_BLOCK}")
    url = f"sqlite:///{tmp_path}/shop.db"
    wait_for_network(port, url)

    paying = register("pay", "--choose", "--port", port, "--db", url, "--amount", "5")
    assert paying.stdout is not None
    assert "asking for the payment" in paying.stdout.readline()
    run.type("q")
    with httpx.Client(base_url=view, trust_env=False) as browser:
        until(lambda: browser.get("/code").json()["url"], "a code is on the panel")
    run.sees(f"38;2;255;255;255m.*{HALF_BLOCK}")
    run.type("w")
    run.sees("Wi-Fi is off")

    run.type("\x03")
    ended_with = run.process.wait(_SECONDS)
    paying.terminate()  # if the end of its line has not ended it
    paying.communicate()
    assert ended_with == 0
    run.sees(re.escape("\x1b[?25h\x1b[?1049l"))
    assert termios.tcgetattr(run.side) == run.before
    assert "Traceback" not in run.text
    assert processes_in(tmp_path / "run") == []
