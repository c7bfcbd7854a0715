"""Rasterise the firmware's fonts into one file (firmware/tillqr/panel/font.py has the format).

Latin and signs are Inter's, Chinese is Noto Sans SC's (both SIL Open Font License, from PyPI);
the icons are drawn here. `python -m tools.fonts FILE`; the same inputs give the same bytes.
Without Chinese among the languages the file is a fifth of its size.
"""

import argparse
import importlib.util
import sys
from collections.abc import Container
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tools import icons

ROOT = Path(__file__).resolve().parent.parent

LATIN = "".join(chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x180), 0x218, 0x219))
SIGNS = "–—‘’‚“”„†•…‹›€₡₦₨₩₪₫₭₮₱₲₴₵₸₹₺₼₽₾₿฿℃№™×−\u2009\u200b\u202f"
BOX = "\ufffd"
CHINESE = "zh"
_BAND = 128  # code points between two that the reader keeps
_ASCII = [chr(code) for code in range(0x20, 0x7F)]
_DIGITS = "0123456789"


def gb2312_level_1() -> str:
    """The 3,755 most used Chinese characters and the punctuation (GB 2312-80, rows 16 to 55,
    and 1 and 3)."""
    rows = [*range(0xB0, 0xD8), 0xA1, 0xA3]
    codes = [bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF)]
    return "".join(code.decode("gb2312", "ignore") for code in codes)


def used_han() -> str:
    """The wide characters in the display's own Chinese texts, for the sizes that have no more."""
    words = (ROOT / "firmware" / "texts" / "zh.txt").read_text(encoding="utf-8")
    return "".join(character for character in words if ord(character) >= 0x2E80)


def main() -> int:
    """Write the font file named on the command line."""
    parser = argparse.ArgumentParser(prog="tools.fonts", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    target = parser.parse_args().file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(make_fonts((CHINESE,)))
    return 0


def make_fonts(languages: Container[str]) -> bytes:
    """The font file for displays in these languages (the names of firmware/texts).

    Every language gets the Latin letters and the signs; only Chinese gets Chinese characters, and
    a shop that has none sees boxes where an article's name is Chinese.
    """
    every, some = (gb2312_level_1(), used_han()) if CHINESE in languages else ("", "")
    blocks = [
        text_font(16, 500, every),
        text_font(22, 600, every),
        text_font(28, 650, some),
        text_font(34, 700, some),
        text_font(48, 700, ""),
        icon_font(44),
        icon_font(72),
    ]
    return font_file(blocks)


class Block:
    """One size: its glyphs as (code point, advance, left, top, picture), not yet in order."""

    def __init__(self, size: int, height: int, wide: int) -> None:
        self.size = size
        self.height = height
        self.wide = wide
        self.glyphs: dict[int, tuple[int, int, int, Image.Image]] = {}

    def packed(self) -> bytes:
        """The block as the file has it."""
        codes = sorted(self.glyphs)
        assert codes[:95] == list(range(0x20, 0x7F)) and codes[-1] <= 0xFFFF
        table = b"".join(code.to_bytes(2, "big") for code in codes)
        coarse = b"".join(code.to_bytes(2, "big") for code in codes[::_BAND])
        advances = bytes(self.glyphs[code][0] for code in codes[:95])
        head = len(codes).to_bytes(2, "big") + advances + coarse + table
        index, bitmaps = bytearray(), bytearray()
        start = len(head) + 8 * len(codes)
        for code in codes:
            advance, left, top, image = self.glyphs[code]
            index += (start + len(bitmaps)).to_bytes(3, "big")
            index += bytes(((image.width + 3) // 4, image.height, left & 0xFF, top, advance))
            bitmaps += _packed(image)
        return bytes(head + index + bitmaps)


def font_file(blocks: list[Block]) -> bytes:
    """The whole file."""
    head = bytearray(b"TQF2" + bytes((len(blocks),)))
    place = len(head) + 12 * len(blocks)
    bodies = [block.packed() for block in blocks]
    for block, body in zip(blocks, bodies, strict=True):
        head += bytes((block.size, block.height, block.wide, 0))
        head += place.to_bytes(4, "big") + len(body).to_bytes(4, "big")
        place += len(body)
    return bytes(head) + b"".join(bodies)


def text_font(size: int, weight: int, han: str) -> Block:
    """Latin, signs and some Chinese characters at `size` pixels."""
    inter, noto = _inter(size, weight), _noto(size, weight)
    ascent, descent = inter.getmetrics()
    height = ascent + descent
    block = Block(size, height, size)
    digits = max(round(inter.getlength(digit)) for digit in _DIGITS)
    for character in dict.fromkeys(LATIN + SIGNS):
        font = inter if _has(inter, character) else noto
        if font is inter or _has(noto, character):
            advance = digits if character in _DIGITS else round(font.getlength(character))
            advance = 0 if character == "\u200b" else advance
            block.glyphs[ord(character)] = _drawn(font, character, advance, ascent, height)
    for character in dict.fromkeys(han):
        if ord(character) >= 0x2E80 and _has(noto, character):
            block.glyphs[ord(character)] = _drawn(noto, character, size, ascent, height)
    block.glyphs[ord(BOX)] = _box(size, height)
    return block


def icon_font(size: int) -> Block:
    """The icons at `size` pixels; its ASCII is empty."""
    block = Block(size, size, size)
    nothing = Image.new("L", (0, 0))
    for character in _ASCII:
        block.glyphs[ord(character)] = (0, 0, 0, nothing)
    for code, image in icons.drawn(size).items():
        block.glyphs[code] = (size, *_cropped(image, 0))
    block.glyphs[ord(BOX)] = _box(size, size)
    return block


def _inter(size: int, weight: int) -> ImageFont.FreeTypeFont:
    path = _package_file("fontpkg_inter", "files/Inter[opsz,wght].ttf")
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([min(32, max(14, size)), weight])
    return font


def _noto(size: int, weight: int) -> ImageFont.FreeTypeFont:
    path = _package_file("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf")
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([weight])
    return font


def _package_file(package: str, name: str) -> str:
    """A file of an installed package, which need not be imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"fonts: the package {package} is not installed; run `make setup`")
    return str(Path(spec.origin).parent / name)


def _has(font: ImageFont.FreeTypeFont, character: str) -> bool:
    shape = font.getmask(character)
    nothing = font.getmask("\U0010fffe")
    return bytes(shape) != bytes(nothing) or character.isspace()


def _drawn(
    font: ImageFont.FreeTypeFont, character: str, advance: int, ascent: int, height: int
) -> tuple[int, int, int, Image.Image]:
    """A glyph on the baseline that Inter's ascent gives; the line cuts what is beyond it."""
    margin = height
    canvas = Image.new("L", (advance + 2 * margin, height), 0)
    slack = advance - font.getlength(character)  # digits share one advance: centre them
    place = (margin + slack / 2, ascent)
    ImageDraw.Draw(canvas).text(place, character, font=font, fill=255, anchor="ls")
    return (advance, *_cropped(canvas, margin))


def _box(size: int, height: int) -> tuple[int, int, int, Image.Image]:
    """The sign for a character that the font doesn't have."""
    width = size * 5 // 8
    canvas = Image.new("L", (width, height), 0)
    box = (1, height // 5, width - 2, height * 4 // 5)
    ImageDraw.Draw(canvas).rectangle(box, outline=255, width=max(1, size // 16))
    return (width, *_cropped(canvas, 0))


def _cropped(canvas: Image.Image, margin: int) -> tuple[int, int, Image.Image]:
    """Left, top and picture of a drawing in four tones, cropped to what is not empty."""
    quantised = canvas.point([(value * 3 + 127) // 255 for value in range(256)])
    box = quantised.getbbox()
    if box is None:
        return 0, 0, Image.new("L", (0, 0))
    return box[0] - margin, box[1], quantised.crop(box)


def _packed(image: Image.Image) -> bytes:
    """Rows of 2-bit pixels, the leftmost in the low bits."""
    if not image.width:
        return b""
    wide = Image.new("L", ((image.width + 3) // 4 * 4, image.height), 0)
    wide.paste(image, (0, 0))
    tones = wide.tobytes()
    quads = zip(tones[0::4], tones[1::4], tones[2::4], tones[3::4], strict=True)
    return bytes(a | b << 2 | c << 4 | d << 6 for a, b, c, d in quads)


if __name__ == "__main__":
    sys.exit(main())
