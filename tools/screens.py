"""Draw every screen, compare the screens with the recorded ones, or record them anew.

`make screens` writes build/screens/LOOK/STATE.png for every board, language and style, and a
contact sheet a language, build/screens/LANGUAGE.png. `make screens-accept` records what is drawn
now as right: tests/recorded/LOOK.png, which the tests compare pixel by pixel.
"""

import argparse
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from host_sim.board import ROOT
from tools import gallery

OUT = ROOT / "build" / "screens"
RECORDED = ROOT / "tests" / "recorded"
_COLUMNS = 5


def main() -> int:
    """Draw, or record."""
    parser = argparse.ArgumentParser(prog="tools.screens", description=__doc__.splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="record what is drawn as right")
    if parser.parse_args().accept:
        return _accept()
    shutil.rmtree(OUT, ignore_errors=True)
    for look in gallery.looks():
        directory = OUT / look.name
        directory.mkdir(parents=True)
        for name, picture in drawn(look).items():
            picture.save(directory / f"{name}.png")
    for language in gallery.LANGUAGES:
        contact_sheet(language).save(OUT / f"{language}.png")
    count = sum(1 for _ in OUT.glob("*/*.png"))
    print(f"{count} screens and {len(gallery.LANGUAGES)} contact sheets in {_from_here(OUT)}")
    return 0


def drawn(look: gallery.Look) -> dict[str, Image.Image]:
    """Every picture of a look, by name."""
    studio = gallery.Studio(look)
    return {name: studio.picture(name) for name in studio.names()}


def contact_sheet(language: str) -> Image.Image:
    """Every screen of a language: a block for each board."""
    blocks = []
    for board in gallery.boards():
        pictures = list(drawn(gallery.Look(board, language)).values())
        blocks.append(gallery.on_sheet(pictures, 10))
    page = Image.new("RGB", (max(b.width for b in blocks), sum(b.height for b in blocks)), "grey")
    y = 0
    for block in blocks:
        page.paste(block, (0, y))
        y += block.height
    return page


def recorded_sheet(look: gallery.Look) -> Image.Image:
    """What is recorded of a look: its pictures on one sheet."""
    return gallery.on_sheet(list(drawn(look).values()), _COLUMNS)


def differing(look: gallery.Look) -> Path | None:
    """Compare a look with what is recorded: None, or a picture of what differs."""
    now = recorded_sheet(look)
    path = RECORDED / f"{look.name}.png"
    before = Image.open(path).convert("RGB") if path.exists() else Image.new("RGB", now.size)
    if before.size == now.size and ImageChops.difference(before, now).getbbox() is None:
        return None
    target = ROOT / "build" / "screens-differ" / f"{look.name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    difference_picture(before, now).save(target)
    return target


def difference_picture(before: Image.Image, now: Image.Image) -> Image.Image:
    """Recorded, drawn now, and drawn now in grey with what differs in red, side by side."""
    width, height = max(before.width, now.width), max(before.height, now.height)
    page = Image.new("RGB", (3 * width, height + 20), "white")
    old, new = (Image.new("RGB", (width, height)) for _ in range(2))
    old.paste(before, (0, 0))
    new.paste(now, (0, 0))
    red, green, blue = ImageChops.difference(old, new).split()
    changed = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    changed = changed.point(lambda value: 255 * (value > 0))
    marked = new.convert("L").point(lambda value: 128 + value // 2).convert("RGB")
    marked.paste((220, 0, 0), (0, 0), changed)
    for index, (words, picture) in enumerate(
        (("recorded", old), ("drawn now", new), ("what differs", marked))
    ):
        page.paste(picture, (index * width, 20))
        ImageDraw.Draw(page).text((index * width + 4, 4), words, fill="black")
    return page


def _accept() -> int:
    RECORDED.mkdir(exist_ok=True)
    changed = [look for look in gallery.looks() if differing(look)]
    for look in changed:
        sheet = recorded_sheet(look)
        sheet.quantize(256, dither=Image.Dither.NONE).save(
            RECORDED / f"{look.name}.png", optimize=True
        )
        if differing(look):
            print(f"screens: {look.name} has too many colours to be recorded", file=sys.stderr)
            return 1
    known = {f"{look.name}.png" for look in gallery.looks()}
    for path in RECORDED.glob("*.png"):
        if path.name not in known:
            path.unlink()
    print(f"recorded {len(changed)} of {len(known)} looks anew in {_from_here(RECORDED)}")
    return 0


def _from_here(path: Path) -> Path:
    return path.relative_to(ROOT)


if __name__ == "__main__":
    sys.exit(main())
