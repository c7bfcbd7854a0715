"""Update a board in development, over USB: `make deploy BOARD=... PORT=...`. Only changed files go.

The board must be at its prompt: it is while it has no settings, and after a start with the QR key
held. settings.json, and whatever else the build doesn't make, is left alone; the keys are not in
the file system at all.

Exit status: 0 done, 1 nothing was changed, 2 wrong usage, 3 some files were changed and some not:
run it again.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from tools import firmware
from tools.micropython_image import digest
from tools.prompt import Locked, at_prompt
from tools.serial_port import PortError

_DONE, _UNTOUCHED, _, _PARTLY = range(4)
_CHUNK = 512  # bytes of a file in one line for the board
_FIRST = "board.json"
_LAST = "main.py"  # what starts the rest

# Lists the board's files with their hashes, a line each.
_LIST = """
import binascii, gc, hashlib, os
gc.collect()
def _walk(top):
    for entry in os.ilistdir(top or "/"):
        path = top + "/" + entry[0]
        if entry[1] == 0x4000:
            _walk(path)
        else:
            digest = hashlib.sha256()
            with open(path, "rb") as file:
                while True:
                    data = file.read(512)
                    if not data:
                        break
                    digest.update(data)
            print(binascii.hexlify(digest.digest()).decode(), path)
_walk(ROOT)
"""


class Broken(RuntimeError):
    """It stopped half-way."""


def main(arguments: list[str] | None = None, root: str = "") -> int:
    """Update one board. root: the directory on the board, "" for its root."""
    options = _parser().parse_args(arguments)
    try:
        build = firmware.load(options.build / options.board)
        with at_prompt(options.port) as board:
            _update(board, build.files, root)
    except (firmware.BuildError, PortError, Locked) as error:
        print(f"deploy: {error}\nNothing on the board was changed.", file=sys.stderr)
        return _UNTOUCHED
    except (Broken, KeyboardInterrupt) as error:
        words = str(error) or "interrupted"
        print(f"deploy: {words}\nRun it again: it goes on where it stopped.", file=sys.stderr)
        return _PARTLY
    return _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.deploy", description=__doc__.splitlines()[0])
    parser.add_argument("--board", required=True, help="a profile's name (boards/)")
    parser.add_argument("--port", required=True, help="the board's USB port, such as /dev/ttyUSB0")
    words = "where boards were built"
    parser.add_argument("--build", type=Path, default=firmware.BUILD, help=words)
    return parser


def changes(right: dict[str, bytes], found: dict[str, str]) -> tuple[list[str], list[str]]:
    """Which files to write, in order, and which to remove.

    found: the board's SHA-256s by path. Only what a build makes is removed: code and texts.
    """
    write = [path for path, body in right.items() if found.get(path) != digest(body)]
    write.sort(key=lambda path: (path == _LAST, path != _FIRST, path))
    gone = [path for path in found if path not in right and _is_built(path)]
    return write, sorted(gone)


def empty_after(gone: list[str], kept: Iterable[str]) -> list[str]:
    """The directories that have no file any more, the deepest first.

    MicroPython finds a directory before a file: an empty one would hide a module of its name.
    """
    needed = {parent for path in kept for parent in Path(path).parents}
    empty = {parent for path in gone for parent in Path(path).parents} - needed - {Path(".")}
    return sorted((path.as_posix() for path in empty), reverse=True)


def _is_built(path: str) -> bool:
    return path.startswith("texts/") or Path(path).suffix in (".py", ".mpy")


def _update(board: SerialTransport, files: dict[str, bytes], root: str) -> None:
    """Make the board's files those of the build, and reset it; raises Broken."""
    try:
        found = _hashes(board, root)
        write, gone = changes(files, found)
        for number, path in enumerate(write, 1):
            print(f"{number}/{len(write)} {path} ({len(files[path]):,} bytes)", flush=True)
            _make_directories(board, root, path)
            board.fs_writefile(f"{root}/{path}", files[path], chunk_size=_CHUNK)
        for path in gone:
            print(f"removing {path}", flush=True)
            board.fs_rmfile(f"{root}/{path}")
        for path in empty_after(gone, files.keys() | found.keys() - {*gone}):
            board.fs_rmdir(f"{root}/{path}")
        found = _hashes(board, root)
        wrong = [path for path, body in files.items() if found.get(path) != digest(body)]
        if wrong:
            raise Broken(f"the board did not keep {wrong[0]}: is its file system full?")
        board.exec_raw_no_follow("import machine; machine.reset()")
    except (TransportError, OSError) as error:
        reason = str(error).strip().splitlines()[-1:] or ["it went away"]
        raise Broken(f"the board stopped answering: {reason[0]}") from None
    print(f"{len(write)} written, {len(gone)} removed, {len(files) - len(write)} were the same")


def _hashes(board: SerialTransport, root: str) -> dict[str, str]:
    """The SHA-256s of the board's files, by path."""
    said = board.exec(_LIST.replace("ROOT", repr(root))).decode()
    pairs = [line.split(" ", 1) for line in said.splitlines() if line]
    return {path[len(root) + 1 :]: sha256 for sha256, path in pairs}


def _make_directories(board: SerialTransport, root: str, path: str) -> None:
    for parent in [*Path(path).parents][-2::-1]:
        if not board.fs_isdir(f"{root}/{parent.as_posix()}"):
            board.fs_mkdir(f"{root}/{parent.as_posix()}")


if __name__ == "__main__":
    sys.exit(main())
