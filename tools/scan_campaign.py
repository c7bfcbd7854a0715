"""Photograph every QR screen as a phone would, and count how many photographs can be read.

    python -m tools.scan_campaign [--shots N] [--boards a,b] [--jobs 2] [--keep DIRECTORY]

Each shot is taken twice: of the panel's picture, and of paper: the same symbol in perfect black
on a white page, with the same geometry, light and noise. What paper survives the panel must
survive: `of_paper` is the share of the shots that are read off paper which are read off the panel
too. Prints a row a board, writes build/bench/scan.json, and fails if `of_paper` of any board is
below the goal or if any photograph is read as another text.

A shot's seed is its board and number: the result doesn't depend on the number of jobs, and
`--first N --shots 1 --keep DIRECTORY` takes shot N again.
"""

import argparse
import importlib
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import Any, Protocol

import zxingcpp
from PIL import Image

from host_sim.camera import Shot, draw_shot, photograph

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
GOAL = 0.999
_QUIET_ZONE = 4
"""Modules (ISO/IEC 18004, 6.3.8)."""
_CHUNK = 25
"""Shots that a job takes at a time."""
_QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class CodePicture(Protocol):
    """A screen with a code, as tools.gallery makes them."""

    @property
    def name(self) -> str: ...

    @property
    def image(self) -> Image.Image:
        """The panel's pixels, RGB."""

    @property
    def text(self) -> str:
        """What the code says."""

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the symbol with its quiet zone, panel pixels."""

    @property
    def modules(self) -> list[list[bool]]:
        """The symbol without quiet zone, row by row; True is dark."""


@dataclass(frozen=True)
class Tally:
    """What came of shots; tallies of different shots add up."""

    shots: int = 0
    read: int = 0
    """Read off the panel."""
    paper_read: int = 0
    both: int = 0
    """Read off both."""
    lost: tuple[int, ...] = ()
    """Numbers of the shots that are read off paper but not off the panel."""
    misread: tuple[int, ...] = ()
    """Numbers of the shots in which a code says what it doesn't, on the panel or on paper."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.shots + other.shots,
            self.read + other.read,
            self.paper_read + other.paper_read,
            self.both + other.both,
            self.lost + other.lost,
            self.misread + other.misread,
        )

    @property
    def of_paper(self) -> float:
        """The share of the shots read off paper that were read off the panel; 0 if none was."""
        return self.both / self.paper_read if self.paper_read else 0.0

    @property
    def passed(self) -> bool:
        """Whether the goal is met and nothing was misread."""
        return self.of_paper >= GOAL and not self.misread

    def record(self) -> dict[str, Any]:
        """The tally as scan.json has it."""
        return {
            "shots": self.shots,
            "read": self.read,
            "paper_read": self.paper_read,
            "of_paper": round(self.of_paper, 5),
            "lost": list(self.lost),
            "misread": list(self.misread),
        }


def paper(code: CodePicture) -> Image.Image:
    """A white page of the panel's size with the symbol where, and as large as, the panel has it."""
    pixels, quiet = _module_size(code)
    page = Image.new("L", code.image.size, "white")
    size = len(code.modules)
    levels = bytes(0 if dark else 255 for row in code.modules for dark in row)
    symbol = Image.frombytes("L", (size, size), levels)
    symbol = symbol.resize((size * pixels, size * pixels), Image.Resampling.NEAREST)
    page.paste(symbol, (code.box[0] + quiet * pixels, code.box[1] + quiet * pixels))
    return page


def _module_size(code: CodePicture) -> tuple[int, int]:
    """Pixels a module, and the modules of quiet zone that the box has room for."""
    left, top, right, bottom = code.box
    for quiet in range(_QUIET_ZONE, -1, -1):
        across = len(code.modules) + 2 * quiet
        if (right - left) % across == 0 and right - left == bottom - top:
            return (right - left) // across, quiet
    raise ValueError(f"{code.name}: {len(code.modules)} modules don't fill the box {code.box}")


def aim(board: str, pictures: Sequence[CodePicture], number: int) -> tuple[Shot, CodePicture]:
    """The shot of a board that has this number, and the picture that it is of."""
    rng = random.Random(f"{board}:{number}")
    code = rng.choice(pictures)
    return draw_shot(rng, min(code.image.size)), code


def run(board: str, pictures: Sequence[CodePicture], shots: int, first_seed: int = 0) -> Tally:
    """Take the shots of a board from number `first_seed` on."""
    tally = Tally()
    for number in range(first_seed, first_seed + shots):
        shot, code = aim(board, pictures, number)
        tally += _judge(number, code.text, read(code.image, shot), read(paper(code), shot, True))
    return tally


def read(picture: Image.Image, shot: Shot, paper: bool = False) -> list[str]:
    """The texts of the codes that are found in a photograph of a picture, on paper or a panel."""
    found = zxingcpp.read_barcodes(photograph(picture, shot, paper), formats=_QR_CODE)
    return [code.text for code in found]


def _judge(number: int, text: str, off_panel: list[str], off_paper: list[str]) -> Tally:
    """The tally of one shot: it is read if one code is found and says the text."""
    panel, page = off_panel == [text], off_paper == [text]
    return Tally(
        shots=1,
        read=int(panel),
        paper_read=int(page),
        both=int(panel and page),
        lost=(number,) if page and not panel else (),
        misread=(number,) if {*off_panel, *off_paper} - {text} else (),
    )


def campaign(
    boards: Mapping[str, Sequence[CodePicture]], shots: int, jobs: int, first_seed: int = 0
) -> dict[str, Tally]:
    """Take `shots` shots of each board in `jobs` processes."""
    last = first_seed + shots
    chunks = [
        (board, pictures, min(_CHUNK, last - start), start)
        for board, pictures in boards.items()
        for start in range(first_seed, last, _CHUNK)
    ]
    with Pool(jobs) as pool:
        tallies = pool.starmap(run, chunks, chunksize=1)
    result = dict.fromkeys(boards, Tally())
    for (board, *_), tally in zip(chunks, tallies, strict=True):
        result[board] += tally
    return result


def keep(board: str, pictures: Sequence[CodePicture], numbers: Sequence[int], to: Path) -> None:
    """Write the two photographs of each of these shots to a directory."""
    to.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        shot, code = aim(board, pictures, number)
        name = f"{board}-{number}-{code.name}"
        photograph(code.image, shot).save(to / f"{name}-panel.png")
        photograph(paper(code), shot, True).save(to / f"{name}-paper.png")
        print(f"{name}: {shot}")


def report(result: dict[str, Tally]) -> None:
    """Print a row a board, and the shots to look at."""
    print("board             shots    read   share   paper   share  of paper")
    for board, tally in result.items():
        count = max(tally.shots, 1)
        print(
            f"{board:16}{tally.shots:7}{tally.read:8}{tally.read / count:8.2%}"
            f"{tally.paper_read:8}{tally.paper_read / count:8.2%}{tally.of_paper:10.3%}"
            f"  {'met' if tally.passed else 'MISSED'}"
        )
    for board, tally in result.items():
        if tally.lost:
            print(f"{board}: read off paper only: {', '.join(map(str, tally.lost))}")
        if tally.misread:
            print(f"{board}: MISREAD: {', '.join(map(str, tally.misread))}")


def _gallery(wanted: str) -> dict[str, Sequence[CodePicture]]:
    """The QR screens of the wanted boards (names with commas), or of all."""
    # loaded only now: it needs the firmware and its built fonts, which `run` does without
    gallery = importlib.import_module("tools.gallery")
    known: list[str] = gallery.boards()
    names = wanted.split(",") if wanted else known
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no such board: {', '.join(unknown)}; there are {', '.join(known)}")
    return {name: gallery.code_pictures(name) for name in names}


def main() -> int:
    """Run the campaign; 0 if each board meets the goal."""
    parser = argparse.ArgumentParser(description="photograph every QR screen and read it")
    parser.add_argument("--shots", type=int, default=1000, help="a board")
    parser.add_argument("--boards", default="", help="names with commas between; else all")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--first", type=int, default=0, help="number of the first shot")
    parser.add_argument("--keep", type=Path, help="where to write the photographs of lost shots")
    options = parser.parse_args()
    boards = _gallery(options.boards)
    result = campaign(boards, options.shots, options.jobs, options.first)
    report(result)
    BUILD.mkdir(parents=True, exist_ok=True)
    record = {name: tally.record() for name, tally in result.items()}
    (BUILD / "scan.json").write_text(json.dumps(record, indent=1) + "\n")
    if options.keep:
        for name, tally in result.items():
            keep(name, boards[name], tally.lost + tally.misread, options.keep)
    return 0 if all(tally.passed for tally in result.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
