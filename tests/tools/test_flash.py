"""Flashing: esptool itself against a mock of the chip's ROM, and each way in which it goes wrong.

There is no network and no MicroPython here: the image is made up, and its hash is the test's pin.
"""

import asyncio
import errno
import hashlib
import shutil
import struct
from pathlib import Path

import pytest
import serial
from littlefs import LittleFS
from tillqr import __version__

from host_sim.bench import Bench
from tests.tools.esp_board import EspBoard, set_flash_size
from tools import firmware, flash, micropython_image
from tools.micropython_image import ImageError, Pin
from tools.register.aside import NoDatabase
from tools.register.database import StorageError

SAYS = f"tillqr {__version__} t_display "
READY = b"ets Jul 29 2019 12:21:46\r\nnoise \xff\xfe\r\n" + SAYS.encode() + b"ready\r\n"
NOT_SET_UP = SAYS.encode() + b"not set up: there are no settings\r\n"
_STOCK = [
    ("nvs", 1, 0x9000, 0x6000),
    ("phy_init", 1, 0xF000, 0x1000),
    ("factory", 0, 0x10000, 0x1F0000),
]


def an_image(chip_id: int = 0, offset: int = 0x1000, partitions: list | None = None) -> bytes:
    """What begins like an official image: a header and a partition table."""
    image = bytearray(b"\xe9" + bytes(11) + chip_id.to_bytes(2, "little")).ljust(0x9000, b"\xff")
    for number, (label, kind, start, size) in enumerate(partitions or _STOCK):
        entry = struct.pack("<2sBBII16sI", b"\xaa\x50", kind, 0, start, size, label.encode(), 0)
        place = 0x8000 - offset + 32 * number
        image[place : place + 32] = entry
    return bytes(image) + b"application" * 1000


def a_pin(image: bytes, offset: int = 0x1000, chip_id: int = 0) -> Pin:
    return Pin("TEST.bin", hashlib.sha256(image).hexdigest(), offset, chip_id)


IMAGE = an_image()
PINS = {"esp32": a_pin(IMAGE)}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "micropython.bin"
    path.write_bytes(IMAGE)
    return path


def offline(_: str) -> bytes:
    raise OSError(errno.ENETUNREACH, "Network is unreachable")


def run(built: Path, port: str, *more: object, pins: dict = PINS, fetch: object = offline) -> int:
    words = ["--board", "t_display", "--port", port, "--build", built, "--wait", 5, *more]
    return flash.main([str(word) for word in words], pins, fetch)  # type: ignore[arg-type]


def files_of(image: bytes) -> dict[str, bytes]:
    """The files in a littlefs image, by path."""
    system = LittleFS(block_size=4096, block_count=len(image) // 4096, mount=False)
    system.context.buffer[:] = image
    system.mount()
    found = {}
    for top, _, names in system.walk("/"):
        for name in names:
            path = f"{top}/{name}".replace("//", "/")
            with system.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    return found


def test_flashes_verifies_and_sees_it_run(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    with EspBoard(says=READY) as board:
        assert run(built, board.port, "--micropython", image) == 0
    said = capsys.readouterr().out
    assert "esp32 with 4 MB of flash" in said
    assert "written and verified" in said
    assert said.endswith(f"{SAYS}ready\n")
    assert board.flash.erased
    assert board.flash.data[0x1000 : 0x1000 + len(IMAGE)] == IMAGE
    assert files_of(bytes(board.flash.data[0x200000:])) == firmware.load(built / "t_display").files


def test_a_board_that_needs_settings_is_flashed(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    with EspBoard(says=NOT_SET_UP) as board:
        assert run(built, board.port, "--micropython", image) == 0
    assert "now give it its settings" in capsys.readouterr().out


def test_a_larger_flash_gets_a_larger_file_system(
    built: Path, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_flash_size(monkeypatch, 16)
    with EspBoard(says=READY) as board:
        assert run(built, board.port, "--micropython", image) == 0
    assert len(board.flash.data) == 16 << 20
    assert files_of(bytes(board.flash.data[0x200000:])) == firmware.load(built / "t_display").files


def test_an_s3_has_its_own_image_at_its_own_place(
    built: Path, tmp_path: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(built / "t_display", tmp_path / "t_display")
    manifest = tmp_path / "t_display" / firmware.MANIFEST
    manifest.write_text(manifest.read_text().replace('"chip": "esp32"', '"chip": "esp32s3"'))
    body = an_image(chip_id=9, offset=0)
    image.write_bytes(body)
    pins = {"esp32s3": a_pin(body, offset=0, chip_id=9)}
    with EspBoard("esp32s3", says=READY) as board:
        assert run(tmp_path, board.port, "--micropython", image, pins=pins) == 0
    assert "esp32s3 with 4 MB of flash" in capsys.readouterr().out
    assert board.flash.data[: len(body)] == body


def test_a_table_with_a_vfs_of_its_own_says_where_the_files_go() -> None:
    ota = an_image(partitions=[("ota_0", 0, 0x10000, 0x180000), ("vfs", 1, 0x310000, 0xF0000)])
    assert micropython_image.file_system_place(ota, 0x1000, 4 << 20) == (0x310000, 0xF0000)
    assert micropython_image.file_system_place(IMAGE, 0x1000, 8 << 20) == (0x200000, 6 << 20)
    with pytest.raises(ImageError, match="needs 4 MB"):
        micropython_image.file_system_place(IMAGE, 0x1000, 2 << 20)


def test_another_chip_is_left_alone(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    with EspBoard("esp32s3") as board:
        assert run(built, board.port, "--micropython", image) == 1
    assert board.flash.untouched
    said = capsys.readouterr().err
    assert "has an esp32s3, and t_display has an esp32: wrong port, or wrong BOARD" in said
    assert "Nothing on the board was changed." in said


def test_an_image_with_another_hash_is_refused(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    image.write_bytes(IMAGE[:-1] + b"?")
    with EspBoard() as board:
        assert run(built, board.port, "--micropython", image) == 1
    assert board.flash.untouched
    said = capsys.readouterr().err
    assert "is not TEST.bin: its SHA-256 is" in said
    assert "https://micropython.org/resources/firmware/TEST.bin" in said
    assert "Nothing on the board was changed." in said


def test_a_newer_image_may_be_taken(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    newer = IMAGE + b"newer"
    image.write_bytes(newer)
    with EspBoard(says=READY) as board:
        assert run(built, board.port, "--micropython", image, "--any-image") == 0
    assert board.flash.data[0x1000 : 0x1000 + len(newer)] == newer
    assert "warning" in capsys.readouterr().out


def test_no_image_of_another_chip_may_be_taken(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    image.write_bytes(an_image(chip_id=9))
    with EspBoard() as board:
        assert run(built, board.port, "--micropython", image, "--any-image") == 1
    assert board.flash.untouched
    assert "for another chip" in capsys.readouterr().err


def test_without_network_it_says_what_to_fetch(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    with EspBoard() as board:
        assert run(built, board.port) == 1
    assert board.flash.untouched
    said = capsys.readouterr().err
    assert "can't fetch TEST.bin: [Errno 101] Network is unreachable" in said
    assert "Fetch https://micropython.org/resources/firmware/TEST.bin" in said
    assert str(tmp_path / "cache" / "tillqr" / "TEST.bin") in said


def test_what_is_fetched_is_kept_and_checked(tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "tillqr" / "TEST.bin"
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return IMAGE

    pin = PINS["esp32"]
    assert micropython_image.obtain(pin, None, fetch=fetch) == IMAGE
    assert kept.read_bytes() == IMAGE
    assert micropython_image.obtain(pin, None, fetch=offline) == IMAGE
    kept.write_bytes(IMAGE[:100])  # broken on the disk: fetched again
    assert micropython_image.obtain(pin, None, fetch=fetch) == IMAGE
    assert asked == ["https://micropython.org/resources/firmware/TEST.bin"] * 2
    kept.unlink()
    with pytest.raises(ImageError, match="Nothing was kept"):
        micropython_image.obtain(pin, None, fetch=lambda _: IMAGE + b"?")
    assert not kept.exists()


def test_a_port_that_goes_away_while_writing(
    built: Path, image: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("esptool.cmds.DEFAULT_CONNECT_ATTEMPTS", 1)  # it waits for it to come back
    with EspBoard(cut_after=1) as board:
        assert run(built, board.port, "--micropython", image) == 3
    assert board.flash.erased
    said = capsys.readouterr().err
    assert f"{board.port} went away: was the cable pulled?" in said
    assert "The board can't be used until it is flashed again." in said
    assert "To run the same command again is safe." in said
    assert "Nothing on the board was changed" not in said


def test_a_flash_that_does_not_keep_what_is_written(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    with EspBoard(worn_out=True) as board:
        assert run(built, board.port, "--micropython", image) == 3
    said = capsys.readouterr().err
    assert "verification failed" in said
    assert "The board can't be used until it is flashed again." in said


def test_a_firmware_that_does_not_start(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    says = b"Traceback (most recent call last):\r\nMemoryError\r\n"
    with EspBoard(says=says) as board:
        assert run(built, board.port, "--micropython", image, "--wait", 2) == 4
    said = capsys.readouterr().err
    assert "did not say within 2 s that its firmware runs" in said
    assert "MemoryError" in said


def test_a_firmware_of_another_version(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    with EspBoard(says=SAYS.encode()[:-1] + b"2 ready\r\n") as board:
        assert run(built, board.port, "--micropython", image) == 4
    assert "not the firmware that was flashed" in capsys.readouterr().err


def test_a_board_that_does_not_answer(
    built: Path, image: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.bootloader._CONNECT_ATTEMPTS", 1)
    board = EspBoard()  # not plugged in: the port is there, and nobody on it
    assert run(built, board.port, "--micropython", image) == 1
    assert f"no chip answers on {board.port}" in capsys.readouterr().err


def test_a_port_that_is_not_there(built: Path, image: Path, capsys: pytest.CaptureFixture) -> None:
    assert run(built, "/dev/ttyUSB99", "--micropython", image) == 1
    said = capsys.readouterr().err
    assert "there is no serial port /dev/ttyUSB99: is the board plugged in?" in said


def test_a_port_that_is_in_use(built: Path, image: Path, capsys: pytest.CaptureFixture) -> None:
    with EspBoard() as board, serial.Serial(board.port, exclusive=True):
        assert run(built, board.port, "--micropython", image) == 1
    assert board.flash.untouched
    assert f"{board.port} is in use by another program" in capsys.readouterr().err


def test_a_port_that_may_not_be_opened(
    built: Path, image: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may open everything, so the system's answer is made up."""

    def refuse(*_: object, **__: object) -> serial.Serial:
        raise serial.SerialException(errno.EACCES, "could not open port: Permission denied")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    assert run(built, "/dev/ttyUSB0", "--micropython", image) == 1
    assert "usermod -a -G dialout" in capsys.readouterr().err


async def test_the_till_line_is_asked_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    async with Bench("cpython", directory=tmp_path) as bench:
        await asyncio.to_thread(flash._ask, bench.board.line.path)
    assert "'device': 'D0001'" in capsys.readouterr().out


def test_a_result_that_comes_meanwhile_is_not_taken() -> None:
    """It would be acknowledged, and lost."""
    with pytest.raises(StorageError):
        NoDatabase().record({"order": "1001"}, "D0001")


def test_a_till_line_that_is_not_there(
    built: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    with EspBoard(says=READY) as board:
        more = ("--micropython", image, "--till-port", "/dev/ttyUSB99")
        assert run(built, board.port, *more) == 4
    assert "not its till line on /dev/ttyUSB99" in capsys.readouterr().err


def test_a_build_that_was_changed_is_refused(
    built: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(built / "t_display", tmp_path / "t_display")
    with (tmp_path / "t_display" / "files" / "main.py").open("a") as file:
        file.write("#")
    with EspBoard() as board:
        assert run(tmp_path, board.port, "--micropython", image) == 1
    assert board.flash.untouched
    assert "main.py is not what was built: build it again" in capsys.readouterr().err


def test_what_was_not_built_says_how_to_build_it(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    assert run(tmp_path, "/dev/ttyUSB0", "--micropython", image) == 1
    assert "run `make firmware BOARD=t_display`" in capsys.readouterr().err
