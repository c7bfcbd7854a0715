"""The board's file system as an image: littlefs2, as MicroPython mounts it.

MicroPython v1.26.1 mounts the partition "vfs" with blocks of 4096 bytes and 32 bytes a read and a
write (extmod/vfs_lfsx.c, ports/esp32/esp32_partition.c). littlefs refuses an image whose number of
blocks is not the partition's, and MicroPython then formats it: an image is made for one size.
"""

from pathlib import Path

from littlefs import LittleFS, LittleFSError

BLOCK_SIZE = 4096
STOCK_OFFSET = 0x200000
"""Where the file system begins on the official images: behind their one application."""
STOCK_FLASH = 0x400000
"""The flash of most modules: what an image is made for if no board says otherwise."""
_DISK_VERSION = 0x00020000  # what every MicroPython since v1.12 reads
_TRANSFER = 32
_CACHE = 4 * _TRANSFER  # MicroPython's; files up to this size lie in their directory
_NAME_MAX = 255
_ERASED = b"\xff" * BLOCK_SIZE
_GAP = 16  # blocks; a shorter gap is written over, as each piece costs time of its own


class TooLarge(ValueError):
    """The files don't fit; the text says by how much."""


def make_image(files: dict[str, bytes], size: int) -> bytes:
    """An image of `size` bytes with files, by path; the same input gives the same bytes.

    Raises TooLarge.
    """
    image = _littlefs(size, format_it=True)
    try:
        for path in sorted(files):
            image.makedirs(str(Path(path).parent), exist_ok=True)
            with image.open(path, "wb") as file:
                file.write(files[path])
    except LittleFSError as error:
        if error.code != LittleFSError.Error.LFS_ERR_NOSPC:
            raise
        total = sum(map(len, files.values()))
        raise TooLarge(
            f"the files take {total} bytes, and the board's file system has {size}: "
            "choose fewer languages"
        ) from None
    return bytes(image.context.buffer)


def with_file(image: bytes, path: str, body: bytes) -> bytes:
    """An image with one more file at its top, as a board's MicroPython would have written it."""
    changed = _littlefs(len(image), format_it=False)
    changed.context.buffer = bytearray(image)
    changed.mount()
    with changed.open(path, "wb") as file:
        file.write(body)
    return bytes(changed.context.buffer)


def _littlefs(size: int, format_it: bool) -> LittleFS:
    return LittleFS(
        block_size=BLOCK_SIZE,
        block_count=size // BLOCK_SIZE,
        read_size=_TRANSFER,
        prog_size=_TRANSFER,
        cache_size=_CACHE,
        lookahead_size=_TRANSFER,
        name_max=_NAME_MAX,
        disk_version=_DISK_VERSION,
        mount=format_it,
    )


def used_blocks(image: bytes) -> int:
    """How many blocks of an image are not erased."""
    return sum(1 for block in _blocks(image) if block != _ERASED)


def pieces(image: bytes) -> list[tuple[int, bytes]]:
    """What of an image must be written to flash that is erased: (offset, bytes), in order.

    littlefs begins anywhere in the device, so what it uses isn't at the front.
    """
    found: list[tuple[int, int]] = []
    for number, block in enumerate(_blocks(image)):
        if block == _ERASED:
            continue
        if found and number - found[-1][1] <= _GAP:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return [(a * BLOCK_SIZE, image[a * BLOCK_SIZE : b * BLOCK_SIZE]) for a, b in found]


def _blocks(image: bytes) -> list[bytes]:
    return [image[place : place + BLOCK_SIZE] for place in range(0, len(image), BLOCK_SIZE)]
