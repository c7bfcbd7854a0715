"""What the customer sees: every screen as recorded, legible, whole, and read by a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel import Locale
from babel.numbers import format_currency
from PIL import Image, ImageChops
from tillqr.panel import style
from tillqr.panel.language import Language
from tillqr.panel.marks import OVERHANG
from tillqr.panel.rgb444 import blend
from tillqr.sale import currencies, money
from tillqr.sale.receipt import REASONS
from tillqr.setup.access import Access

from host_sim.board import profile
from host_sim.phone import read_code
from tools import gallery, scan_campaign, screens

_LOCALES = {"en": "en", "zh": "zh_Hans_CN", "de": "de", "fr": "fr", "es": "es", "pt": "pt_BR"}
_SHOTS = 40


@pytest.mark.parametrize("look", gallery.looks(), ids=lambda look: look.name)
def test_screens_are_as_recorded(look: gallery.Look) -> None:
    picture = screens.differing(look)
    assert picture is None, (
        f"other screens than recorded: look at {picture}; "
        "if they are right, record them with `make screens-accept`"
    )


def test_a_difference_is_seen_and_pictured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    look = gallery.Look("t_display", "en")
    sheet = Image.open(screens.RECORDED / f"{look.name}.png").convert("RGB")
    x, y = 60, 100
    red, green, blue = sheet.getpixel((x, y))  # type: ignore[misc]
    sheet.putpixel((x, y), (red ^ 1, green, blue))
    sheet.save(tmp_path / f"{look.name}.png")
    monkeypatch.setattr(screens, "RECORDED", tmp_path)
    monkeypatch.setattr(screens, "ROOT", tmp_path)
    target = screens.differing(look)
    assert target is not None
    picture = Image.open(target)
    assert picture.size == (3 * sheet.width, sheet.height + 20)
    assert picture.getpixel((2 * sheet.width + x, y + 20)) == (220, 0, 0)
    (tmp_path / f"{look.name}.png").unlink()
    assert screens.differing(look) is not None, "nothing recorded is a difference"


def _studios(board: str) -> Iterator[gallery.Studio]:
    """Each language and text size, upright and turned."""
    panel = profile(board)["panel"]
    turned = {
        "width": panel["height"],
        "height": panel["width"],
        "column_offset": panel["row_offset"],
        "row_offset": panel["column_offset"],
        "rotation": 1,
    }
    for language in gallery.LANGUAGES:
        for large in (False, True):
            look = gallery.Look(board, language, "light", large)
            yield gallery.Studio(look)
            yield gallery.Studio(look, **turned)


@pytest.mark.parametrize("board", gallery.boards())
def test_every_text_fits_every_board(board: str) -> None:
    for studio in _studios(board):
        for name in studio.names():
            for reason in REASONS if name == "failed" else ("declined",):
                studio.arrange(name, reason)
                picture = studio.drawn
                where = (studio.look, picture.width, name, reason)
                assert picture.cut == 0, where
                for left, top, right, bottom, *_ in picture.marks:
                    assert left >= -2 and right <= picture.width + 2, where
                    assert top >= 0 and bottom <= picture.height, where
        assert studio.missing == [], studio.look


def test_languages_say_the_same_things() -> None:
    files = sorted(path.stem for path in gallery.TEXTS.glob("*.txt"))
    assert files == sorted(gallery.LANGUAGES) == sorted(_LOCALES)
    names = list(gallery.texts("en"))
    for language in gallery.LANGUAGES:
        texts = gallery.texts(language)
        assert list(texts) == names, language
        assert all(text.strip(" ") == text and text for text in texts.values()), language


def test_every_text_is_used() -> None:
    """A name that no file of the firmware says, whole or by its beginning, is dead."""
    code = "".join(path.read_text() for path in (gallery.ROOT / "firmware").rglob("*.py"))
    words = set(re.findall(r"[\w$]+", code))
    for name in gallery.texts("en"):
        begun = name.partition("_")[0] + "_"
        assert name in words or begun in words or name == "_language", name


@pytest.mark.parametrize("language", gallery.LANGUAGES)
def test_amounts_are_written_as_unicode_says(language: str) -> None:
    """Held against Babel's CLDR. CLDR's spacing rule, which Babel leaves out, is added: a sign
    that ends in a letter does not touch digits (UTS 35, part 3, currencySpacing)."""
    ours = Language(str(gallery.TEXTS / f"{language}.txt"))
    pattern = Locale.parse(_LOCALES[language]).currency_formats["standard"].pattern
    for currency in " ".join(currencies.BY_EXPONENT).split():
        digits = money.exponent(currency)
        for amount in (1, 99, 1234, 123456, 999999, 9999999999, -250):
            wanted = format_currency(
                amount / 10**digits,
                currency,
                re.sub(r"0\.00", "0" + "." * (digits > 0) + "0" * digits, pattern),
                _LOCALES[language],
                currency_digits=False,
            )
            wanted = re.sub(r"(?<=[A-Za-z])(?=\d)|(?<=[A-Za-z]\.)(?=\d)", "\xa0", wanted)
            if language == "es":  # minimumGroupingDigits 2, which Babel leaves out
                wanted = re.sub(r"(?<!\d)(\d)\.(\d{3})(?![\d.])", r"\1\2", wanted)
            assert ours.money(amount, currency) == wanted, (currency, amount)


def test_the_examples_of_amounts() -> None:
    for language, amount, currency, text in (
        ("en", 1234, "JPY", "¥1,234"),
        ("zh", 1234, "CNY", "¥12.34"),
        ("de", 123450, "EUR", "1.234,50\xa0€"),
        ("en", 1250, "BHD", "BHD\xa01.250"),
        ("fr", 123450, "EUR", "1\u202f234,50\xa0€"),
        ("es", 123450, "EUR", "1234,50\xa0€"),
        ("pt", 123450, "BRL", "R$\xa01.234,50"),
    ):
        ours = Language(str(gallery.TEXTS / f"{language}.txt"))
        assert ours.money(amount, currency) == text


def _luminance(rgb444: int) -> float:
    """Relative luminance (WCAG 2.2) of a colour of four bits a channel."""
    total = 0.0
    for shift, weight in ((8, 0.2126), (4, 0.7152), (0, 0.0722)):
        value = (rgb444 >> shift & 15) / 15
        linear = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        total += weight * linear
    return total


def _contrast(paper: int, ink: int, part: int = 3) -> float:
    """Contrast ratio (WCAG 2.2) of a tone on its paper, as the panel shows them."""
    dark, light = sorted((_luminance(blend(paper, ink, 0)), _luminance(blend(paper, ink, part))))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_contrast_meets_wcag(theme: str) -> None:
    """1.4.3 (AA): 4.5 to 1 for any text; the contrast theme 1.4.6 (AAA): 7 to 1."""
    least = 7 if theme == "contrast" else 4.5
    for role, (paper, ink) in style._colours(theme).items():
        assert _contrast(paper, ink) >= least, role
    paper, ink = style._colours(theme)["surface"]
    assert _contrast(paper, ink, 2) >= least, "grey text"
    assert style._colours(theme)["code"] == (0xFFFFFF, 0), "phones want black on white"


def test_contrast_is_computed_right() -> None:
    assert round(_contrast(0xFFFFFF, 0x000000), 1) == 21
    assert round(_contrast(0xFFFFFF, 0x777777), 2) == 4.48


@pytest.mark.parametrize("board", gallery.boards())
def test_text_is_large_enough(board: str) -> None:
    """Nothing is under 16 pixels; what is going on, and the amount, are at least 1.25 times it,
    or as large as the panel's width lets them be."""
    for studio in _studios(board):
        for name in studio.names():
            studio.arrange(name)
            sizes = [mark[5] for mark in studio.drawn.marks if isinstance(mark[4], str)]
            assert min(sizes) >= 16
            roomy = min(studio.drawn.width, studio.drawn.height) >= 240
            if roomy and name not in ("cart", "qr", "starting"):
                assert max(sizes) >= 22, (studio.look, name)


def test_colours_are_those_of_the_panel() -> None:
    """Four bits a channel show the palettes as they are written."""
    for theme in ("light", "dark", "contrast"):
        for paper, ink in style._colours(theme).values():
            for colour in (paper, ink):
                assert all(colour >> shift & 255 in range(0, 256, 17) for shift in (0, 8, 16))


@pytest.mark.parametrize("rotation", range(4))
@pytest.mark.parametrize("colours", [444, 565])
def test_every_rotation_and_colour_mode_shows_the_same(rotation: int, colours: int) -> None:
    look = gallery.Look("devkit_240x240")
    upright = gallery.Studio(look).picture("choose")
    offsets = {0: (0, 0), 1: (0, 0), 2: (0, 80), 3: (80, 0)}[rotation]
    studio = gallery.Studio(
        look,
        rotation=rotation,
        colours=colours,
        column_offset=offsets[0],
        row_offset=offsets[1],
    )
    turned = studio.picture("choose")
    difference = max(ImageChops.difference(upright, turned).tobytes())
    assert difference <= (0 if colours == 444 else 12)


@pytest.mark.parametrize("board", gallery.boards())
def test_codes_are_read(board: str) -> None:
    """From the panel's pixels, and after a simulated camera as often as from paper."""
    pictures = gallery.code_pictures(board)
    assert len({picture.text for picture in pictures}) >= 3
    for picture in pictures:
        assert read_code(picture.image) == picture.text
        left, top, right, bottom = picture.box
        side = (right - left) // (len(picture.modules) + 8)
        assert side >= 3 and right - left == bottom - top == side * (len(picture.modules) + 8)
        assert left >= 0 and top >= 0
        assert right <= picture.image.width and bottom <= picture.image.height
    tally = scan_campaign.run(board, pictures, _SHOTS, 0)
    assert tally.misread == tally.lost == () and tally.paper_read >= _SHOTS * 8 // 10


@pytest.mark.parametrize("board", gallery.boards())
def test_the_set_up_code_is_read(board: str) -> None:
    """From every panel, upright and turned, with its quiet zone."""
    for studio in _studios(board):
        picture = studio.picture("setup")
        assert read_code(picture) == "WIFI:T:WPA;S:tillqr-5678;P:gqhgqhgqhgq;;"
        marks = studio.drawn.marks
        left, top, right, bottom, symbol, (pixels, _), _ = next(
            mark for mark in marks if isinstance(mark[5], tuple)
        )
        quiet = 4 * pixels
        assert pixels >= 3 and right - left == symbol.size * pixels
        assert left >= quiet and top >= quiet
        assert right + quiet <= picture.width and bottom + quiet <= picture.height
        for mark in marks:
            if mark[4] is not symbol:
                beside = mark[0] >= right + quiet - OVERHANG or mark[2] <= left - quiet
                assert beside or mark[1] >= bottom + quiet or mark[3] <= top - quiet
        texts = [mark[4] for mark in marks if isinstance(mark[4], str)]
        assert "Wi-Fi" in " ".join(texts[4:]), "the reason"
        assert "PIN 000000" in texts


@pytest.mark.parametrize("board", gallery.boards())
def test_a_long_reason_fits_the_set_up_screen(board: str) -> None:
    """But for the smallest panel, where INFO and the page have to do; the PIN stays large."""
    access = Access()
    access.ssid, access.password = "tillqr-5678", "gqhgqhgqhgq"
    access.address, access.pin = "192.168.4.1", "000000"
    for studio in _studios(board):
        view = gallery.setup_view("en", access, "qr_seconds must be a number from 5 to 599")
        studio.shown(view, "setup")
        marks = [mark for mark in studio.drawn.marks if isinstance(mark[4], str)]
        small = min(studio.drawn.width, studio.drawn.height) < 150
        assert small or "599" in marks[-1][4], studio.look
        (pin,) = [mark[5] for mark in marks if mark[4] == "PIN 000000"]
        assert small or pin >= 22, studio.look


def test_there_is_a_board_for_each_size_of_panel() -> None:
    sizes = {(p["panel"]["width"], p["panel"]["height"]) for p in map(profile, gallery.boards())}
    assert sizes >= {(135, 240), (170, 320), (240, 240), (240, 320)}
