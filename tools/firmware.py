"""Build what is flashed to a board: `make firmware BOARD=t_display`.

`python -m tools.firmware --board NAME` writes build/boards/NAME: files/ is the tree as it lies on
the board, filesystem.bin the same as a littlefs2 image for 4 MB of flash, manifest.json says what
they are, byte for byte, and names.txt what the short names in a traceback mean. The same sources
give the same bytes, wherever they are built.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from host_sim.board import board_names, language_names
from tools import boards, filesystem
from tools.compile import ROOT, compile_board
from tools.fonts import make_fonts
from tools.micropython_image import PINS, Pin, digest
from tools.shorten import Clash

FILES = "files"
IMAGE = "filesystem.bin"
MANIFEST = "manifest.json"
NAMES = "names.txt"
"""What the short names in a board's traceback stand for."""
BUILD = ROOT / "build" / "boards"
_TEXTS = ROOT / "firmware" / "texts"
_ALWAYS = "en"  # what a board without settings says it in
_MARCH = {"esp32": "xtensawin", "esp32s3": "xtensawin"}
"""Instruction set of a profile's chip, as mpy-cross knows it."""


class BuildError(RuntimeError):
    """The firmware can't be built or isn't what it should be; the text says why."""


@dataclass
class Firmware:
    """A build, as its directory has it."""

    manifest: dict
    files: dict[str, bytes]
    """What lies on the board, by path."""


def main(arguments: list[str] | None = None) -> int:
    """Build for one board and report sizes."""
    parser = argparse.ArgumentParser(prog="tools.firmware", description=__doc__.splitlines()[0])
    parser.add_argument("--board", required=True, help="a profile's name (boards/)")
    parser.add_argument("--languages", help="such as en,de (default: all of firmware/texts)")
    words = "instruction set: host builds for the simulator (default: the chip's)"
    parser.add_argument("--march", help=words)
    parser.add_argument("--build", type=Path, default=BUILD, help="where boards are built")
    options = parser.parse_args(arguments)
    try:
        languages = choose_languages(options.languages)
        target = options.build / options.board
        firmware = build(options.board, target, languages, options.march)
    except (BuildError, filesystem.TooLarge, Clash) as error:
        print(f"firmware: {error}", file=sys.stderr)
        return 1
    print(report(firmware))
    print(f"in {target}")
    return 0


def build(board: str, target: Path, languages: Iterable[str], march: str | None = None) -> Firmware:
    """Build into `target`, which is emptied; raises BuildError, TooLarge or Clash."""
    profile = read_profile(board)
    march = march or _MARCH[profile["chip"]]
    shutil.rmtree(target, ignore_errors=True)
    _lay_out(board, target / FILES, set(languages), march)
    files = _read_tree(target / FILES)
    size = filesystem.STOCK_FLASH - filesystem.STOCK_OFFSET
    image = filesystem.make_image(files, size)
    (target / IMAGE).write_bytes(image)
    pin = PINS[profile["chip"]]
    manifest = _describe(profile, march, sorted(languages), files, image, pin)
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    return Firmware(manifest, files)


def load(directory: Path) -> Firmware:
    """Read a build, and compare it with its manifest; raises BuildError."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
        files = _read_tree(directory / FILES)
        found = {path: (len(body), digest(body)) for path, body in files.items()}
        right = {file["path"]: (file["size"], file["sha256"]) for file in manifest["files"]}
    except FileNotFoundError:
        board = directory.name
        raise BuildError(f"{directory} has no build: run `make firmware BOARD={board}`") from None
    except (OSError, ValueError, KeyError) as error:
        raise BuildError(f"{directory} can't be read ({error}): build it again") from None
    if found != right:
        wrong = sorted(path for path, _ in found.items() ^ right.items())[0]
        raise BuildError(f"{directory}: {wrong} is not what was built: build it again")
    return Firmware(manifest, files)


def choose_languages(words: str | None) -> list[str]:
    """The languages that a comma-separated list names, and English; raises BuildError."""
    known = language_names()
    chosen = words.split(",") if words else known
    for language in chosen:
        if language not in known:
            raise BuildError(f"there is no language {language!r}; known: {', '.join(known)}")
    return sorted({*chosen, _ALWAYS})


def read_profile(board: str) -> dict:
    """A board's profile; raises BuildError."""
    path = ROOT / "boards" / f"{board}.json"
    if not path.exists():
        raise BuildError(f"there is no board {board!r}; known: {', '.join(board_names())}")
    if problems := boards.check_file(path):
        raise BuildError("\n".join(problems))
    profile = boards.load(path)
    if profile["chip"] not in PINS:
        raise BuildError(f"{board}: no MicroPython image is known for an {profile['chip']}")
    return profile


def report(firmware: Firmware) -> str:
    """How much each part takes, as a table."""
    sizes: dict[str, list[int]] = {}
    for path, body in firmware.files.items():
        parent = str(Path(path).parent)
        sizes.setdefault(path if parent == "." else parent + "/", []).append(len(body))
    lines = [f"{sum(size):>9,}  {len(size):>3}  {part}" for part, size in sorted(sizes.items())]
    code = sum(len(body) for path, body in firmware.files.items() if path.endswith(".mpy"))
    total = sum(map(len, firmware.files.values()))
    place = firmware.manifest["file_system"]
    used, count = place["used_blocks"], place["block_count"]
    lines.append(f"{total:>9,}  {len(firmware.files):>3}  together; {code:,} of it compiled code")
    head = "tillqr {version} for {board} ({march}, mpy {mpy})".format(**firmware.manifest)
    tail = f"{used} of {count} blocks of {place['block_size']} bytes, {100 * used // count} %"
    return "\n".join([head, "    bytes files", *lines, tail])


def _lay_out(board: str, target: Path, languages: set[str], march: str) -> None:
    """Write the board's files."""
    try:
        names = compile_board(target, march)
    except subprocess.CalledProcessError as error:
        raise BuildError(f"mpy-cross refused a file ({error}); is --march right?") from None
    target.mkdir(parents=True, exist_ok=True)
    (target.parent / NAMES).write_text("".join(names))
    # MicroPython starts main.py, and no main.mpy.
    shutil.copyfile(ROOT / "firmware" / "main.py", target / "main.py")
    shutil.copyfile(ROOT / "boards" / f"{board}.json", target / "board.json")
    (target / "texts").mkdir()
    for language in sorted(languages):
        shutil.copyfile(_TEXTS / f"{language}.txt", target / "texts" / f"{language}.txt")
    (target / "fonts.tqf").write_bytes(make_fonts(languages))


def _read_tree(top: Path) -> dict[str, bytes]:
    paths = sorted(path for path in top.rglob("*") if path.is_file())
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in paths}


def _describe(
    profile: dict, march: str, languages: list[str], files: dict[str, bytes], image: bytes, pin: Pin
) -> dict:
    """The manifest."""
    return {
        "version": _version(),
        "board": profile["name"],
        "chip": profile["chip"],
        "march": march,
        "mpy": _mpy_format(files),
        "languages": languages,
        "micropython": {"image": pin.name, "sha256": pin.sha256, "offset": pin.offset},
        "file_system": {
            "image": IMAGE,
            "sha256": digest(image),
            "size": len(image),
            "offset": filesystem.STOCK_OFFSET,
            "block_size": filesystem.BLOCK_SIZE,
            "block_count": len(image) // filesystem.BLOCK_SIZE,
            "used_blocks": filesystem.used_blocks(image),
        },
        "files": [
            {"path": path, "size": len(body), "sha256": digest(body)}
            for path, body in files.items()
        ],
    }


def _version() -> str:
    words = (ROOT / "firmware" / "tillqr" / "__init__.py").read_text()
    _, _, rest = words.partition('__version__ = "')
    return rest.partition('"')[0]


def _mpy_format(files: dict[str, bytes]) -> str:
    """The format's version, whose minor part only machine code has (py/persistentcode.h)."""
    heads = {body[1:3] for path, body in files.items() if path.endswith(".mpy")}
    return f"{max(head[0] for head in heads)}.{max(head[1] & 3 for head in heads)}"


if __name__ == "__main__":
    sys.exit(main())
