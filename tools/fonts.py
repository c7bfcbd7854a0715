"""Rasterise the firmware's fonts: Inter (SIL Open Font License, from PyPI) into *.tqf files.

The format is described in firmware/tillqr/panel/font.py. `python -m tools.fonts DIR` writes one
file a size; the same inputs give the same bytes.
"""

import argparse
import sys
from pathlib import Path

import fontpkg_inter
from PIL import Image, ImageDraw, ImageFont

SIZES = {"small": (16, 500), "medium": (21, 600), "large": (34, 700), "icon": (64, 700)}
"""Name of a font: its size in pixels and its weight."""

_ASCII = [chr(code) for code in range(0x20, 0x7F)]
_LATIN = [chr(code) for code in range(0xA0, 0x180)]
_SIGNS = list("–—‘’“”…•€₩₹₺₽₫₪₱฿₦₡₴₸₿×✓✗�")
_DIGITS = "0123456789"
_ICONS = list("✓✗?�")


def main() -> int:
    """Write every font file into the directory named on the command line."""
    parser = argparse.ArgumentParser(prog="tools.fonts", description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for name, (size, weight) in SIZES.items():
        characters = _ICONS if name == "icon" else [*_LATIN, *_SIGNS]
        (directory / f"{name}.tqf").write_bytes(font_file(size, weight, characters))
    return 0


def font_file(size: int, weight: int, characters: list[str]) -> bytes:
    """A font file of ASCII and `characters` at `size` pixels; icons need no ASCII shapes."""
    font = _inter(size, weight)
    wanted = _ASCII + sorted({c for c in characters if _has(font, c) or c == "�"})
    digit_advance = max(round(font.getlength(digit)) for digit in _DIGITS)
    ascent, descent = font.getmetrics()
    tiny = size > 60  # a font of icons: its ASCII part stays empty
    index, bitmaps = bytearray(), bytearray()
    offset = 7 + 11 * len(wanted)
    for character in wanted:
        if tiny and character in _ASCII and character not in characters:
            index += ord(character).to_bytes(3, "big") + bytes(8)
            continue
        advance = digit_advance if character in _DIGITS else round(font.getlength(character))
        image, left, top = _draw(font, character, advance, ascent + descent)
        index += ord(character).to_bytes(3, "big") + (offset + len(bitmaps)).to_bytes(3, "big")
        index += bytes((image.width, image.height, left & 0xFF, top, advance))
        bitmaps += _packed(image)
    header = b"TQF1" + bytes((ascent + descent,)) + len(wanted).to_bytes(2, "big")
    return bytes(header + index + bitmaps)


def _inter(size: int, weight: int) -> ImageFont.FreeTypeFont:
    path = Path(fontpkg_inter.__file__).parent / "files" / "Inter[opsz,wght].ttf"
    font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([min(32, max(14, size)), weight])
    return font


def _has(font: ImageFont.FreeTypeFont, character: str) -> bool:
    shape = font.getmask(character)
    nothing = font.getmask("\U0010fffe")
    return bytes(shape) != bytes(nothing) or character.isspace()


def _draw(
    font: ImageFont.FreeTypeFont, character: str, advance: int, height: int
) -> tuple[Image.Image, int, int]:
    """The cropped 8-bit picture of a character, and where its left and top edges stand."""
    margin = height
    canvas = Image.new("L", (advance + 2 * margin, height), 0)
    draw = ImageDraw.Draw(canvas)
    if character == "�":
        draw.rectangle(
            (margin + 1, height // 4, margin + advance - 2, height * 3 // 4), outline=255
        )
    else:
        slack = advance - font.getlength(character)  # digits share one advance: centre them
        draw.text((margin + slack / 2, 0), character, font=font, fill=255)
    quantised = canvas.point(lambda value: (value * 3 + 127) // 255)
    box = quantised.getbbox()
    if box is None:
        return Image.new("L", (0, 0)), 0, 0
    return quantised.crop(box), box[0] - margin, box[1]


def _packed(image: Image.Image) -> bytes:
    """Rows of 2-bit pixels, the leftmost in the low bits."""
    out = bytearray()
    for y in range(image.height):
        row = [int(image.getpixel((x, y))) for x in range(image.width)]  # type: ignore[arg-type]
        row += [0] * (-len(row) % 4)
        for x in range(0, len(row), 4):
            out.append(row[x] | row[x + 1] << 2 | row[x + 2] << 4 | row[x + 3] << 6)
    return bytes(out)


if __name__ == "__main__":
    sys.exit(main())
