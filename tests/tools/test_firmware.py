"""What is flashed: the same bytes from the same sources, and what MicroPython makes of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tillqr.panel.font import Font
from tillqr.panel.glyph_store import GlyphStore

from host_sim.board import ROOT
from tools import boards, filesystem, firmware
from tools.micropython_image import digest

_LIST = """
import binascii, flash, hashlib, os
flash.mount(os.getenv("TILLQR_FLASH"))
def walk(top):
    for name, kind, *_ in os.ilistdir(top):
        path = top + "/" + name
        if kind == 0x4000:
            if not name.startswith("shims"):
                walk(path)
        else:
            with open(path, "rb") as file:
                print(path[1:], binascii.hexlify(hashlib.sha256(file.read()).digest()).decode())
walk("")
"""


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build for the simulator, in English and German."""
    directory = tmp_path_factory.mktemp("boards") / "t_display"
    firmware.build("t_display", directory, ["de", "en"], "host")
    return directory


def on_micropython(image: Path, tmp_path: Path, script: str) -> subprocess.CompletedProcess:
    """Run a script on MicroPython's Unix port, with a copy of an image as its flash."""
    copy = Path(shutil.copy(image, tmp_path / "flash.bin"))
    shims = ROOT / "host_sim" / "shims"
    return subprocess.run(
        [Path(sys.executable).parent / "micropython", "-X", "heapsize=4m", "-c", script],
        env={**os.environ, "MICROPYPATH": f"{shims}:.frozen", "TILLQR_FLASH": str(copy)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_micropython_finds_every_file_in_the_image(hosted: Path, tmp_path: Path) -> None:
    run = on_micropython(hosted / firmware.IMAGE, tmp_path, _LIST)
    assert run.returncode == 0, run.stdout
    found = dict(line.split() for line in run.stdout.splitlines())
    manifest = json.loads((hosted / firmware.MANIFEST).read_text())
    assert found == {file["path"]: file["sha256"] for file in manifest["files"]}


def test_small_files_are_whole(tmp_path: Path) -> None:
    """littlefs keeps the smallest in their directory, others in blocks."""
    files = {f"s{size}": bytes((size & 0xFF,)) * size for size in range(0, 600, 13)}
    image = tmp_path / "small.bin"
    image.write_bytes(filesystem.make_image(files, 64 * filesystem.BLOCK_SIZE))
    run = on_micropython(image, tmp_path, _LIST)
    found = dict(line.split() for line in run.stdout.splitlines())
    assert found == {path: digest(body) for path, body in files.items()}


def test_files_can_be_changed_on_the_board(hosted: Path, tmp_path: Path) -> None:
    script = """
import flash, os
flash.mount(os.getenv("TILLQR_FLASH"))
for number in range(300):
    with open("settings.new", "w") as file:
        file.write("x" * number)
    os.rename("settings.new", "settings.json")
with open("settings.json") as file:
    print(len(file.read()))
"""
    run = on_micropython(hosted / firmware.IMAGE, tmp_path, script)
    assert (run.stdout, run.stderr) == ("299\n", "")


def test_an_image_for_another_size_is_refused(hosted: Path, tmp_path: Path) -> None:
    """As the chip refuses it, and formats: so `flash` makes the image for the board it finds."""
    cut = tmp_path / "cut.bin"
    cut.write_bytes((hosted / firmware.IMAGE).read_bytes()[: 256 * filesystem.BLOCK_SIZE])
    assert "OSError: [Errno 22] EINVAL" in on_micropython(cut, tmp_path, _LIST).stdout


def test_what_is_written_to_an_erased_flash_is_the_image(hosted: Path) -> None:
    image = (hosted / firmware.IMAGE).read_bytes()
    flash = bytearray(b"\xff" * len(image))
    for place, piece in filesystem.pieces(image):
        flash[place : place + len(piece)] = piece
    assert flash == image
    assert sum(len(piece) for _, piece in filesystem.pieces(image)) < len(image) // 2


def test_two_builds_are_the_same_byte_for_byte(hosted: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "deeper"
    firmware.build("t_display", other, ["en", "de"], "host")
    names = {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    assert names == {path.relative_to(hosted) for path in hosted.rglob("*") if path.is_file()}
    for name in names:
        assert (other / name).read_bytes() == (hosted / name).read_bytes(), name


def test_the_order_of_files_does_not_matter() -> None:
    files = {f"d{number % 3}/{number}": bytes(number) for number in range(40)}
    size = 64 * filesystem.BLOCK_SIZE
    backwards = dict(reversed(files.items()))
    assert filesystem.make_image(files, size) == filesystem.make_image(backwards, size)


def test_the_format_is_one_that_older_micropythons_read() -> None:
    """littlefs' SPEC.md: the superblock has its name, a tag, and the version."""
    image = filesystem.make_image({}, 16 * filesystem.BLOCK_SIZE)
    version = image.index(b"littlefs") + len(b"littlefs") + 4
    assert image[version : version + 4] == bytes((0, 0, 2, 0))  # 2.0


def test_a_build_has_what_a_board_needs(hosted: Path) -> None:
    files = firmware.load(hosted).files
    top = {path for path in files if "/" not in path}
    assert {"main.py", "board.json", "fonts.tqf"} <= top
    assert "main.mpy" not in top  # MicroPython would not start it, and main.py need not be there
    assert {path for path in files if path.startswith("texts/")} == {"texts/de.txt", "texts/en.txt"}
    assert {Path(path).suffix for path in files if path.startswith("tillqr")} == {".mpy"}
    assert files["board.json"] == (ROOT / "boards" / "t_display.json").read_bytes()


def test_the_manifest_names_what_it_is_for(hosted: Path) -> None:
    manifest = firmware.load(hosted).manifest
    assert manifest["version"] == "0.1.0"
    assert (manifest["board"], manifest["chip"], manifest["march"]) == (
        "t_display",
        "esp32",
        "host",
    )
    assert manifest["micropython"] == {
        "image": "ESP32_GENERIC-20250911-v1.26.1.bin",
        "sha256": "6b5272b6edd15fc4d1627ec559a27a5d5a7b86e5ea7f8013941eb10c877edd4e",
        "offset": 0x1000,
    }
    place = manifest["file_system"]
    assert (place["offset"], place["block_size"], place["block_count"]) == (0x200000, 4096, 512)
    assert place["sha256"] == digest((hosted / firmware.IMAGE).read_bytes())


def test_code_for_the_chip_is_xtensa(built: Path) -> None:
    """An architecture is in the head of each file with machine code (MicroPython: py/mpconfig)."""
    chip = firmware.load(built / "t_display")
    assert (chip.manifest["march"], chip.manifest["mpy"]) == ("xtensawin", "6.3")
    code = {path: body for path, body in chip.files.items() if path.endswith(".mpy")}
    architectures = {body[2] >> 2 for body in code.values()}
    assert architectures <= {0, 10}  # none; xtensawin
    assert 10 in architectures


def test_without_chinese_the_fonts_are_small_and_readable(hosted: Path) -> None:
    path = hosted / firmware.FILES / "fonts.tqf"
    fonts = GlyphStore(str(path), 4000, lambda _: None)
    for size in (16, 22, 28, 34, 48):
        assert Font(fonts, size).height >= size
    assert path.stat().st_size < 250_000


def test_languages_are_checked_and_english_is_always_there() -> None:
    assert firmware.choose_languages("de") == ["de", "en"]
    assert "zh" in firmware.choose_languages(None)
    with pytest.raises(firmware.BuildError, match="no language 'xx'; known: de, en"):
        firmware.choose_languages("en,xx")


def test_files_that_do_not_fit_are_refused() -> None:
    with pytest.raises(filesystem.TooLarge, match="choose fewer languages"):
        filesystem.make_image({"large": bytes(100_000)}, 16 * filesystem.BLOCK_SIZE)


def test_a_board_that_would_not_work_is_not_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(boards, "check_file", lambda _: ["pins.cs: 6 is the flash's"])
    assert firmware.main(["--board", "t_display", "--build", str(tmp_path)]) == 1
    assert "pins.cs: 6 is the flash's" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_a_board_that_is_not_known() -> None:
    assert firmware.main(["--board", "none_such"]) == 1
