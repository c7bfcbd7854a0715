"""A board's console as a serial port: a pty that a tool on the PC opens.

MicroPython's Unix port has the chip's raw REPL, but takes Ctrl-C as a signal that ends the process
where the chip's firmware takes no notice of it. So Ctrl-C is a signal here only while the firmware
lets itself be interrupted.
"""

import asyncio
import contextlib
import os
import signal
import termios
import tty
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1024
_CTRL_C = b"\x03"


class Console:
    """Two ptys, joined: the board's end is `inner`, the tool's is `path`."""

    def __init__(self) -> None:
        self._tool, self._port = os.openpty()
        tty.setraw(self._port)
        self._master, self.inner = os.openpty()
        """`inner` is what the board's process has for a terminal."""
        tty.setraw(self.inner, termios.TCSANOW)
        for end in (self._tool, self._master):
            os.set_blocking(end, False)
        self.path = os.ttyname(self._port)
        """The serial port that a tool opens."""
        self.process = 0
        """The board's process now."""
        self._log: BinaryIO | None = None

    def start(self, log: Path) -> None:
        """Begin to carry bytes; what the board says is written to `log` too."""
        self._log = log.open("ab", buffering=0)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._tool, self._typed)
        loop.add_reader(self._master, self._said)

    def stop(self) -> None:
        """Let go of the ptys."""
        loop = asyncio.get_running_loop()
        for end in (self._tool, self._master):
            loop.remove_reader(end)
        for end in (self._tool, self._port, self._master, self.inner):
            os.close(end)
        if self._log:
            self._log.close()

    def _typed(self) -> None:
        with contextlib.suppress(OSError):
            for byte in os.read(self._tool, _CHUNK):
                if bytes((byte,)) == _CTRL_C and self._interruptible():
                    os.kill(self.process, signal.SIGINT)
                else:
                    os.write(self._master, bytes((byte,)))

    def _said(self) -> None:
        with contextlib.suppress(OSError):
            data = os.read(self._master, _CHUNK)
            if self._log:
                self._log.write(data)
            os.write(self._tool, data)

    def _interruptible(self) -> bool:
        """Whether the firmware handles SIGINT now, which the Unix port has it do by
        micropython.kbd_intr(3)."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.process}/status").read_text().splitlines():
                if line.startswith("SigCgt:"):
                    return bool(int(line.split()[1], 16) >> signal.SIGINT - 1 & 1)
        return False
