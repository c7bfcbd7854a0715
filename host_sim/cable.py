"""A serial cable between two programs: two ptys whose bytes go over to each other."""

import asyncio
import contextlib
import os
import tty

_CHUNK = 256


class Cable:
    """Two serial ports, `ends`; needs the running loop from `start` on."""

    def __init__(self) -> None:
        pairs = [os.openpty(), os.openpty()]
        self._masters = [master for master, _ in pairs]
        self._slaves = [slave for _, slave in pairs]
        for master, slave in pairs:
            tty.setraw(slave)
            os.set_blocking(master, False)
        self.ends = [os.ttyname(slave) for slave in self._slaves]
        """The ports' names."""
        self.whole = True
        """Whether it is plugged in; bytes of a time when it isn't are lost."""

    def start(self) -> None:
        """Begin to carry bytes."""
        loop = asyncio.get_running_loop()
        for one, other in (self._masters, self._masters[::-1]):
            loop.add_reader(one, self._carry, one, other)

    def stop(self) -> None:
        """Let go of both ports."""
        loop = asyncio.get_running_loop()
        for descriptor in self._masters:
            loop.remove_reader(descriptor)
        for descriptor in (*self._masters, *self._slaves):
            os.close(descriptor)

    def _carry(self, one: int, other: int) -> None:
        with contextlib.suppress(OSError):  # nobody reads there: the bytes are lost
            data = os.read(one, _CHUNK)
            if self.whole:
                os.write(other, data)
