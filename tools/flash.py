"""Flash a board: MicroPython and the firmware, in one run: `make flash BOARD=... PORT=...`.

Everything is checked on this machine, and the chip asked what it is, before anything is erased.
The whole flash is erased then, keys and settings too: the board is set up afterwards.

Exit status: 0 the firmware runs, 1 nothing on the board was changed, 2 wrong usage, 3 the board
can't be used until it is flashed again, 4 it is flashed, but its firmware did not say that it runs.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import serial

from tools import filesystem, firmware, micropython_image
from tools.bootloader import Bootloader, Untouched, Unusable
from tools.micropython_image import PINS, ImageError, Pin
from tools.register.aside import NoDatabase
from tools.register.client import Register, RegisterError
from tools.register.database import StorageError
from tools.serial_port import PortError, open_port

_DONE, _UNTOUCHED, _, _UNUSABLE, _SILENT = range(5)
_BAUD = 460800  # the most that every USB bridge on such boards does
_START_SECONDS = 30.0
_MARK = b"tillqr "
_TAIL = 2000  # of what a board says instead, bytes


class Silent(RuntimeError):
    """The board is flashed, but its firmware does not answer; the text says what it did."""


def main(
    arguments: list[str] | None = None,
    pins: Mapping[str, Pin] = PINS,
    fetch: Callable[[str], bytes] = micropython_image.download,
) -> int:
    """Flash one board. pins: the image that is right for each chip; fetch: gets one."""
    options = _parser().parse_args(arguments)
    try:
        build = firmware.load(options.build / options.board)
        pin = pins[build.manifest["chip"]]
        with open_port(options.port) as port:
            image = micropython_image.obtain(
                pin, options.micropython, any_image=options.any_image, fetch=fetch
            )
            _flash(port, build, image, pin, options.baud)
            said = _wait_until_it_runs(port, options.wait)
        _compare(said, build.manifest)
        if options.till_port:
            _ask(options.till_port)
    except (firmware.BuildError, filesystem.TooLarge, ImageError, PortError, Untouched) as error:
        return _fail(f"{error}\nNothing on the board was changed.", _UNTOUCHED)
    except Unusable as error:
        return _fail(str(error), _UNUSABLE)
    except Silent as error:
        return _fail(str(error), _SILENT)
    except KeyboardInterrupt:
        return _fail("interrupted. Nothing on the board was changed.", _UNTOUCHED)
    return _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.flash", description=__doc__.splitlines()[0])
    parser.add_argument("--board", required=True, help="a profile's name (boards/)")
    parser.add_argument("--port", required=True, help="the board's USB port, such as /dev/ttyUSB0")
    words = "the MicroPython image (default: the cache, then micropython.org)"
    parser.add_argument("--micropython", type=Path, help=words)
    words = "take a MicroPython image that this firmware was not tested with"
    parser.add_argument("--any-image", action="store_true", help=words)
    parser.add_argument("--baud", type=int, default=_BAUD, help="while writing (%(default)s)")
    parser.add_argument("--till-port", help="ask the display on its till line as well")
    words = "seconds for the firmware to start (%(default)g)"
    parser.add_argument("--wait", type=float, default=_START_SECONDS, help=words)
    words = "where boards were built"
    parser.add_argument("--build", type=Path, default=firmware.BUILD, help=words)
    return parser


def _flash(
    port: serial.Serial, build: firmware.Firmware, image: bytes, pin: Pin, baud: int
) -> None:
    """Write everything and start it; raises Untouched or Unusable, and what a build raises."""
    wanted = build.manifest["chip"]
    with Bootloader(port) as bootloader:
        if bootloader.name != wanted:
            raise Untouched(
                f"the board on {port.port} has an {bootloader.name}, and "
                f"{build.manifest['board']} has an {wanted}: wrong port, or wrong BOARD"
            )
        size = bootloader.prepare(baud)
        print(f"{bootloader.name} with {size >> 20} MB of flash on {port.port}")
        place, room = micropython_image.file_system_place(image, pin.offset, size)
        files = filesystem.pieces(filesystem.make_image(build.files, room))
        bootloader.write([(pin.offset, image), *((place + at, data) for at, data in files)])
        print("written and verified; starting it ...", flush=True)


def _wait_until_it_runs(port: serial.Serial, seconds: float) -> str:
    """Wait for the line that the firmware prints when it has started; raises Silent."""
    deadline = time.monotonic() + seconds
    heard = b""
    while time.monotonic() < deadline:
        try:
            heard += _read(port)
        except KeyboardInterrupt:
            raise Silent("interrupted: the board is flashed, but was not seen running.") from None
        *lines, _ = heard.split(b"\n")
        for line in lines:
            if line.startswith(_MARK):
                return line.decode("utf-8", "replace").strip()
        heard = heard[-_TAIL:]
    tail = heard.decode("utf-8", "replace").strip()
    raise Silent(
        f"the board is flashed, but it did not say within {seconds:g} s that its firmware runs. "
        "Press RESET and look at its panel; if it stays dark, flash again.\n"
        + (f"It said instead:\n{tail}" if tail else "It said nothing.")
    )


def _read(port: serial.Serial) -> bytes:
    """What has come; a port on the chip's own USB goes away while the chip resets."""
    try:
        if not port.is_open:
            port.open()
        return bytes(port.read(max(1, port.in_waiting)))
    except OSError:
        port.close()
        time.sleep(0.2)
        return b""


def _compare(said: str, manifest: dict) -> None:
    """Say what the firmware said; raises Silent if it is another firmware."""
    print(said)
    right = "tillqr {version} {board} ".format(**manifest)
    if not (said + " ").startswith(right):
        raise Silent(f"that is not the firmware that was flashed ({right.strip()}): flash again")
    if "not set up" in said:
        print("It is flashed; now give it its settings (make provision; docs/board.md).")


def _ask(port: str) -> None:
    """Say HELLO on the till line and print what the display answers; raises Silent."""
    try:
        with Register(port, NoDatabase()) as register:
            print(f"on the till line: {register.info()}")
    except (RegisterError, StorageError) as error:
        raise Silent(f"the board runs, but not its till line on {port}: {error}") from None


def _fail(words: str, status: int) -> int:
    print(f"flash: {words}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
