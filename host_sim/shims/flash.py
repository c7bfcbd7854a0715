"""The flash of a simulated board: a littlefs2 image, mounted at / as the chip's _boot.py does.

For MicroPython's Unix port. `micropython -m flash` mounts the file that $TILLQR_FLASH names and
runs its main.py; writes go to that file, so it should be a copy. The modules in MICROPYPATH stay
to be imported, below /shims.
"""

import os
import sys

import vfs
from micropython import const

_BLOCK = const(4096)
_COUNT = const(4)  # MicroPython: extmod/vfs.h
_SIZE = const(5)


class Flash:
    """A partition's blocks, in a file."""

    def __init__(self, path):
        """Raises OSError if there is no such file."""
        self._file = open(path, "r+b")  # noqa: SIM115  (it is the device)
        self._count = self._file.seek(0, 2) // _BLOCK

    def readblocks(self, number, buffer, offset=0):
        """Read from a block."""
        self._file.seek(number * _BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, number, buffer, offset=0):
        """Write into a block, which littlefs has erased."""
        self._file.seek(number * _BLOCK + offset)
        self._file.write(buffer)

    def ioctl(self, request, _):
        """Sizes, and what needs nothing: a file need not be erased."""
        if request == _COUNT:
            return self._count
        return _BLOCK if request == _SIZE else 0


def mount(path):
    """Mount the image at / in place of the PC's files; raises OSError, also if it is no image."""
    system = vfs.VfsLfs2(Flash(path))
    places = [place for place in sys.path if place and place[0] != "."]
    hosts = [vfs.VfsPosix(place) for place in places]
    vfs.umount("/")
    vfs.mount(system, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen"]
    for number, host in enumerate(hosts):
        vfs.mount(host, "/shims" + str(number))
        sys.path.insert(1 + number, "/shims" + str(number))


if __name__ == "__main__":
    mount(os.getenv("TILLQR_FLASH"))
    execfile("main.py")  # noqa: F821  (MicroPython's)
