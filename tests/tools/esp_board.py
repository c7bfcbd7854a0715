"""A board on a pseudo-terminal: a chip's ROM that esptool talks to, and then a console.

The ROM and esptool's flasher are esp32-mock-bootloader's; what it says on its console when it is
reset, and what goes wrong, is the test's.
"""

import os
import tempfile
import termios
import threading
from types import TracebackType

from esp32_mock_bootloader import protocol
from esp32_mock_bootloader.server import (
    BootloaderConnection,
    FlashImage,
    PtyMasterTransport,
    handle_client,
)

_SLOW = termios.B115200
"""The speed to which the port goes back when the board is reset: a pseudo-terminal has no RTS line,
but its other end sees the speed."""


class Flash(FlashImage):
    """A flash that knows whether it was erased, and can be worn out or unplugged."""

    def __init__(self, worn_out: bool) -> None:
        super().__init__()
        self.data[:] = b"before".ljust(len(self.data), b"\x5a")
        self.erased = False
        self.written = 0
        self.idle = False
        self._worn_out = worn_out

    @property
    def untouched(self) -> bool:
        """Whether it is as it was delivered."""
        return not self.erased and not self.written and self.data.startswith(b"before\x5a")

    def erase_all(self) -> None:
        self.erased = True
        super().erase_all()

    def begin_defl(self, payload: bytes) -> None:
        self.idle = False
        super().begin_defl(payload)

    def write_defl_block(self, payload: bytes) -> None:
        start = self._defl_offset
        super().write_defl_block(payload)
        self.written += self._defl_offset - start
        if self._worn_out:
            self.data[start] ^= 1

    def end_defl(self) -> None:
        self.idle = True
        super().end_defl()


class _Line(PtyMasterTransport):
    """The board's end of the pseudo-terminal."""

    def __init__(self, master: int, slave: int, board: "EspBoard") -> None:
        super().__init__(master, slave)
        self._board = board
        self._slave = slave
        self._was_fast = False

    def recv(self, size: int) -> bytes:
        cut = self._board.cut_after
        if cut is not None and self._board.flash.written >= cut:
            os.unlink(self._board.port)
            self.close()
            raise OSError("unplugged")
        try:
            return super().recv(size)
        except TimeoutError:
            slow = termios.tcgetattr(self._slave)[4] == _SLOW
            self._was_fast = self._was_fast or not slow
            if self._board.flash.idle and slow and self._was_fast:
                self._board.reset.set()
            raise


class EspBoard:
    """A board; `with` plugs it in."""

    def __init__(
        self,
        chip: str = "esp32",
        says: bytes = b"",
        cut_after: int | None = None,
        worn_out: bool = False,
    ) -> None:
        """says: on the console after a reset; cut_after: unplugged when this many bytes were
        written; worn_out: the flash doesn't keep what is written."""
        self.flash = Flash(worn_out)
        self.cut_after = cut_after
        self.reset = threading.Event()
        self._chip = chip
        self._says = says
        master, slave = os.openpty()
        self._line = _Line(master, slave, self)
        self._directory = tempfile.TemporaryDirectory()
        self.port = os.path.join(self._directory.name, "port")
        """The serial port: a link, as the system gives a closed terminal's own name to the next one
        that anybody opens."""
        os.symlink(self._line.client_path, self.port)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "EspBoard":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.reset.set()
        self._thread.join()
        if self.cut_after is None:
            self._line.close()
        self._directory.cleanup()

    def _run(self) -> None:
        connection = BootloaderConnection(pty=self._line)
        handle_client(connection, self.reset, self._chip, flash=self.flash)
        if self.flash.idle and self.cut_after is None:
            self._line.sendall(self._says)


def set_flash_size(patch: object, megabytes: int) -> None:
    """Make the chips' flash larger; patch: pytest's monkeypatch."""
    size = megabytes << 20
    code = (size.bit_length() - 1) << 16 | 0x4020
    patch.setattr(protocol, "MOCK_FLASH_ID", code)  # type: ignore[attr-defined]
    patch.setattr(protocol, "FLASH_MOCK_SIZE", size)  # type: ignore[attr-defined]
