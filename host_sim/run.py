"""A display to play with: `make run` (python -m host_sim.run).

Runs the bench until Ctrl-C (SIGINT), SIGTERM or SIGHUP: a board, its backend, and a page with the
panel. A register attaches to the serial port that is printed. On a terminal the panel is shown as
it changes, and keys press its buttons; otherwise plain lines are printed, one for each event.

Exit status: 0 ended as asked, 1 can't run (one line on stderr says why), 2 wrong usage.
"""

import argparse
import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PIL import Image
from tillqr.board.settings import TEXT_SIZES, THEMES

from host_sim import terminal
from host_sim.bench import Bench, same
from host_sim.board import ROOT, BoardError, language_names
from host_sim.broker import BROKERS, BrokerError
from host_sim.panel_view import Key, PanelView
from host_sim.road import ROADS
from host_sim.service import HttpService
from host_sim.sole_use import DirectoryError, sole_use
from host_sim.terminal import BOLD, DIM, PLAIN

_BUILD = ROOT / "build"
_BACKEND_PORT = 8080
_PANEL_PORT = 8081
_LOG_LINES = 50
_SETTLE_SECONDS = 0.05
_LOOK_SECONDS = 0.5
_KEY_ENDING = "_key"


class RunError(RuntimeError):
    """The bench can't run; the text says why."""


# What is shown, and where.


class PlainOutput:
    """Lines for a file or a pipe: the header once, then one for each event."""

    def __init__(self, header: Sequence[str]) -> None:
        for line in header:
            print(line, flush=True)

    def tell(self, words: str) -> None:
        """An event."""
        print(words, flush=True)

    def show(self, picture: Image.Image, keys: str) -> None:
        """The panel's picture: not for plain lines."""


class ScreenOutput:
    """A terminal: the header stays, the panel and the newest events are below it."""

    def __init__(self, header: Sequence[str], screen: terminal.Screen) -> None:
        title, *lines = header
        self._header = [f"{BOLD}{title}{PLAIN}", *lines]
        self._screen = screen
        self._log: deque[str] = deque(maxlen=_LOG_LINES)

    def tell(self, words: str) -> None:
        """An event; it is seen with the next picture."""
        self._log.append(words)

    def show(self, picture: Image.Image, keys: str) -> None:
        """Draw what has changed."""
        header = [*self._header, f"{DIM}{keys}{PLAIN}", ""]
        self._screen.draw(picture, header, self._log)


@contextlib.contextmanager
def _output(header: Sequence[str]) -> Iterator[PlainOutput | ScreenOutput]:
    if not _can_draw():
        yield PlainOutput(header)
        return
    with terminal.Screen(sys.stdout) as screen:
        yield ScreenOutput(header, screen)


def _can_draw() -> bool:
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return sys.stdout.isatty() and utf8 and os.environ.get("TERM", "dumb") != "dumb"


@contextlib.contextmanager
def _keyboard(keys: Sequence[Key], ended: Callable[[], None]) -> Iterator[None]:
    """Press keys as their letters are typed, if stdin is a terminal."""
    if not sys.stdin.isatty():
        yield
        return
    loop, source = asyncio.get_running_loop(), sys.stdin.fileno()
    presses = {key.letter: key.press for key in keys}

    def take() -> None:
        letters = terminal.typed(source)
        if not letters:
            loop.remove_reader(source)
            ended()
        for letter in letters:
            presses.get(letter, _nothing)()

    with terminal.single_keys(source):
        loop.add_reader(source, take)
        try:
            yield
        finally:
            loop.remove_reader(source)


def _nothing() -> None:
    """What a letter does that is no key's."""


# The run.


class Run:
    """The bench with its panel view, from start to end."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Raises BoardError if there is no such board or runtime."""
        self._arguments = arguments
        self._wake = asyncio.Event()
        self._ended = False
        self._events: deque[str] = deque()
        self._bench = Bench(
            arguments.runtime,
            arguments.board,
            arguments.directory,
            self._event,
            arguments.backend_port,
            road=arguments.road,
            broker=arguments.broker,
            language=arguments.language,
            theme=arguments.theme,
            text=arguments.text,
        )
        self._bench.on_picture = self._wake.set
        self._resets = 0
        self.keys = self._make_keys()
        self._view = PanelView(self._title(), self._bench.picture, self.keys, self._command())
        self._page = HttpService(self._view.app(), arguments.panel_port)

    def end(self) -> None:
        """Let `run` return soon."""
        self._ended = True
        self._wake.set()

    async def run(self) -> None:
        """Run until `end` is called."""
        async with self._bench:
            await self._page.start()
            try:
                with _output(self._header()) as output, _keyboard(self.keys, self.end):
                    await self._follow(output)
            finally:
                self._view.close()
                await self._page.stop()

    async def _follow(self, output: PlainOutput | ScreenOutput) -> None:
        """Show the panel as it changes; a screen is many writes, shown once it has settled."""
        last: Image.Image | None = None
        while not self._ended:
            picture = self._bench.picture()
            if last is None or not same(picture, last):
                self._view.changed()
                last = picture
            self._look_for_resets()
            while self._events:
                output.tell(self._events.popleft())
            output.show(picture, self._keys_line())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS)
                await asyncio.sleep(_SETTLE_SECONDS)
            self._wake.clear()

    def _look_for_resets(self) -> None:
        if self._resets != self._bench.board.resets:
            self._resets = self._bench.board.resets
            self._events.append("the board restarted")

    def _event(self, words: str) -> None:
        self._events.append(words)
        self._wake.set()

    # Keys.

    def _make_keys(self) -> list[Key]:
        """The board's own keys, each with the first letter of its name, and the bench's two."""
        pins = self._bench.board.profile["pins"]
        names = [name for name in pins if name.endswith(_KEY_ENDING)]
        return [
            *(self._board_key(name) for name in names),
            Key("wifi", "w", self._wifi_label, self._switch_wifi),
            Key("reset", "r", lambda: "power off and on", self._cut_power),
        ]

    def _board_key(self, name: str) -> Key:
        words = name.removesuffix(_KEY_ENDING)
        label = f"{words.upper() if len(words) < 4 else words} key"
        return Key(name, name[0], lambda: label, lambda: self._bench.board.press(name))

    def _wifi_label(self) -> str:
        return f"Wi-Fi (now {'on' if self._bench.board.wifi_on else 'off'})"

    def _switch_wifi(self) -> None:
        self._bench.board.wifi_on = not self._bench.board.wifi_on
        self._event(f"Wi-Fi is {'on' if self._bench.board.wifi_on else 'off'}")
        self._view.changed()

    def _cut_power(self) -> None:
        self._event("the board's power is cut for a moment")
        self._bench.board.kill()

    # Words.

    def _title(self) -> str:
        return f"tillqr display, {self._arguments.board} on {self._arguments.runtime}"

    def _header(self) -> list[str]:
        lines = [
            self._title(),
            f"serial port  {self._bench.board.line.path}",
            f"backend      {self._bench.backend.url}",
            *([f"broker       {self._bench.broker.url}"] if self._bench.broker else []),
            f"panel view   {self._page.url}",
            "In a second terminal, in this directory:",
            self._command(),
        ]
        return lines if _can_draw() else [*lines, self._keys_line()]

    def _keys_line(self) -> str:
        keys = [f"{key.letter} {key.label()}" for key in self.keys] if sys.stdin.isatty() else []
        return ", ".join([*keys, "Ctrl-C ends it"])

    def _command(self) -> str:
        """How a register is attached, ready to be copied."""
        database = _from_here(self._arguments.directory / "shop.db")
        words = [_from_here(Path(sys.executable)), "-m", "tools.register", "pay"]
        words += ["--port", self._bench.board.line.path, "--amount", "1234", "--currency", "EUR"]
        return shlex.join([*words, "--db", f"sqlite:///{database}"])


def _from_here(path: Path) -> str:
    """A path as it is typed in the current directory."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


# The command.


def _check_build(runtime: str) -> None:
    """Raises RunError if what the board needs has not been built."""
    needed = [_BUILD / "fonts.tqf"]
    if runtime == "micropython":
        micropython = Path(sys.executable).parent / "micropython"
        needed += [_BUILD / "board", _BUILD / "shims", micropython]
    for path in needed:
        if not path.exists():
            raise RunError(f"{_from_here(path)} is missing: `make setup` makes it")


async def _run(arguments: argparse.Namespace) -> None:
    with sole_use(arguments.directory):
        # The charges of an earlier run are of a device key that is gone.
        (arguments.directory / "gateway.db").unlink(missing_ok=True)
        run = Run(arguments)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, run.end)
        await run.run()


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is from 0 (any) to 65535")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run", description=__doc__.splitlines()[0])
    parser.add_argument("--runtime", default="micropython", help="cpython or micropython")
    parser.add_argument("--board", default="devkit_240x320", help="a name in boards/")
    parser.add_argument("--language", default="en", choices=language_names())
    parser.add_argument("--theme", default=THEMES[0], choices=THEMES)
    parser.add_argument("--road", default="mqtt", choices=ROADS, help="how results come")
    parser.add_argument("--broker", default="amqtt", choices=BROKERS, help="of mqtt and mqtts")
    parser.add_argument("--text", default=TEXT_SIZES[0], choices=TEXT_SIZES)
    parser.add_argument(
        "--directory", type=Path, default=_BUILD / "run", help="for the board's and the shop's data"
    )
    ports = "any free one if it is taken (%(default)s)"
    parser.add_argument("--backend-port", type=_port, default=_BACKEND_PORT, help=ports)
    parser.add_argument("--panel-port", type=_port, default=_PANEL_PORT, help=ports)
    return parser


def main() -> int:
    """The command."""
    arguments = _parser().parse_args()
    arguments.directory = arguments.directory.absolute()
    try:
        _check_build(arguments.runtime)
        asyncio.run(_run(arguments))
    except (BoardError, BrokerError, DirectoryError, RunError) as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # nobody reads any more; keep the interpreter from trying again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the signal handlers were in place
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
