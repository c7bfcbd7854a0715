"""The official MicroPython images that the firmware runs on: which, where from, what is where.

An image is taken from a path or from micropython.org, is kept in the user's cache, and counts only
if its SHA-256 is the pinned one. No package registry has these images.
"""

import hashlib
import os
import struct
import tempfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SITE = "https://micropython.org/resources/firmware/"
_TIMEOUT_SECONDS = 30
_MAX_SIZE = 0x1F0000 + 0x10000  # bootloader, tables and one application
_MAGIC = 0xE9  # ESP-IDF: app_image_format
_CHIP_ID_PLACE = 12
_TABLE = 0x8000  # where the partition table lies in flash
_TABLE_SIZE = 0xC00
_ENTRY = struct.Struct("<2sBBII16sI")  # ESP-IDF: gen_esp32part.py
_ENTRY_MAGIC = b"\xaa\x50"
_DATA = 1


class ImageError(RuntimeError):
    """There is no image that may be flashed; the text says what to do."""


@dataclass(frozen=True)
class Pin:
    """An official image that this firmware was tested with."""

    name: str
    sha256: str
    offset: int
    """Where in flash it is written: where the chip's ROM looks for a bootloader."""
    chip_id: int
    """The chip in the image's header (ESP-IDF: esp_chip_id_t)."""

    @property
    def url(self) -> str:
        """Where it is published."""
        return _SITE + self.name


PINS = {
    "esp32": Pin(
        "ESP32_GENERIC-20250911-v1.26.1.bin",
        "6b5272b6edd15fc4d1627ec559a27a5d5a7b86e5ea7f8013941eb10c877edd4e",
        offset=0x1000,
        chip_id=0,
    ),
    "esp32s3": Pin(
        "ESP32_GENERIC_S3-20250911-v1.26.1.bin",
        "d6c48687f684cc7c002a0a4acd258f881c4b391f3ef121726a3b7cd285dcdbbc",
        offset=0x0,
        chip_id=9,
    ),
}
"""By the chip of a board profile."""


def cache_directory() -> Path:
    """Where images are kept (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tillqr"


def download(url: str) -> bytes:
    """Fetch an image; raises OSError."""
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
        return bytes(answer.read(_MAX_SIZE + 1))


def obtain(
    pin: Pin,
    path: Path | None,
    *,
    any_image: bool = False,
    fetch: Callable[[str], bytes] = download,
    warn: Callable[[str], None] = print,
) -> bytes:
    """The image to flash: from `path`, from the cache, or from where it is published.

    any_image: take one at `path` that isn't the pinned one, with a warning. Raises ImageError.
    """
    if path is None:
        return _kept(pin) or _fetched(pin, fetch)
    try:
        image = path.read_bytes()
    except OSError as error:
        raise ImageError(f"can't read the MicroPython image {path}: {error.strerror}") from None
    if digest(image) != pin.sha256:
        if not any_image:
            raise ImageError(f"{_mismatch(str(path), image, pin)}\n{_way_out(pin)}")
        warn(f"warning: {path} is not {pin.name}, with which this firmware was tested")
    check(image, pin, str(path))
    return image


def digest(image: bytes) -> str:
    """The SHA-256 in hex."""
    return hashlib.sha256(image).hexdigest()


def check(image: bytes, pin: Pin, name: str) -> None:
    """Refuse what is no image for this chip; raises ImageError."""
    if len(image) < _TABLE + _TABLE_SIZE or image[0] != _MAGIC:
        raise ImageError(f"{name} is no MicroPython image for an ESP32")
    chip_id = int.from_bytes(image[_CHIP_ID_PLACE : _CHIP_ID_PLACE + 2], "little")
    if chip_id != pin.chip_id:
        raise ImageError(f"{name} is a MicroPython image for another chip; take {pin.name}")


def file_system_place(image: bytes, offset: int, flash_size: int) -> tuple[int, int]:
    """Where MicroPython will look for the file system: (offset in flash, bytes).

    That is the partition "vfs" of the image's own table, or, where that has none, all from the
    last partition's end to the end of the flash (MicroPython: ports/esp32/main.c,
    boardctrl_startup); so it is larger on a larger flash. Raises ImageError.
    """
    end = 0
    for label, kind, start, size in _partitions(image, offset):
        if label == "vfs" and kind == _DATA:
            if start + size > flash_size:
                raise ImageError(f"the image needs more flash than the board's {flash_size} bytes")
            return start, size
        if label == "ffat":
            raise ImageError("the image keeps its files in FAT (TinyUF2), not in littlefs")
        end = max(end, start + size)
    if not end:
        raise ImageError("the image has no partition table where ESP-IDF puts it")
    if end >= flash_size:
        raise ImageError(
            f"the board has {flash_size >> 20} MB of flash, and all of it is taken before the "
            "file system begins: it needs 4 MB"
        )
    return end, flash_size - end


def _partitions(image: bytes, offset: int) -> list[tuple[str, int, int, int]]:
    table = image[_TABLE - offset : _TABLE - offset + _TABLE_SIZE]
    found = []
    for entry in _ENTRY.iter_unpack(table[: len(table) // _ENTRY.size * _ENTRY.size]):
        magic, kind, _, start, size, label, _ = entry
        if magic != _ENTRY_MAGIC:
            break
        found.append((label.rstrip(b"\0").decode("ascii", "replace"), kind, start, size))
    return found


def _kept(pin: Pin) -> bytes | None:
    """The image in the cache, if it is there and whole."""
    try:
        image = (cache_directory() / pin.name).read_bytes()
    except OSError:
        return None
    return image if digest(image) == pin.sha256 else None


def _fetched(pin: Pin, fetch: Callable[[str], bytes]) -> bytes:
    print(f"fetching {pin.url} ...", flush=True)
    try:
        image = fetch(pin.url)
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise ImageError(f"can't fetch {pin.name}: {reason}\n{_way_out(pin)}") from None
    if digest(image) != pin.sha256:
        raise ImageError(f"{_mismatch(pin.url, image, pin)}\nNothing was kept; try again later.")
    _keep(image, cache_directory() / pin.name)
    return image


def _keep(image: bytes, place: Path) -> None:
    """Write into the cache, whole or not at all; an image that can't be kept is used all the
    same."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(image)
        os.replace(file.name, place)
    except OSError as error:
        print(f"warning: can't keep the image in {place.parent}: {error.strerror}")


def _mismatch(name: str, image: bytes, pin: Pin) -> str:
    return f"{name} is not {pin.name}: its SHA-256 is {digest(image)}, not {pin.sha256}"


def _way_out(pin: Pin) -> str:
    return (
        f"Fetch {pin.url} on a machine that has the internet, and put it at\n"
        f"{cache_directory() / pin.name}\n"
        "or name its place with MICROPYTHON=PATH."
    )
