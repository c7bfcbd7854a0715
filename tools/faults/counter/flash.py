"""The flash of the board: blocks in memory that can fail in every way that a real one can.

Each erase, program and (where that is asked for) read is an operation, counted from 1. A program
can only clear bits, as on NOR flash: littlefs must have erased before.
"""

import errno

BLOCK = 4096
_SYNC, _COUNT, _SIZE, _ERASE = 3, 4, 5, 6  # MicroPython: extmod/vfs.h
_DEAD = -5  # what a flash without power answers: an error, to whatever is left of the board


class PowerCut(BaseException):
    """There is no power any more: nothing of the board runs on."""


class Flash:
    """The chip; `Partition` is what a board that runs has of it."""

    def __init__(self, data):
        """data: a bytearray of whole blocks."""
        self.data = data
        self.operations = 0
        self.cut_at = 0
        """The operation after which the power is cut; 0: never."""
        self.cut_within = False
        """It is cut in the middle of it instead."""
        self.garbage = 0
        """What the second half of a write that was cut reads as: 0 for erased, else a seed."""
        self.bad_from = 0
        """The first operation that fails; 0: none."""
        self.bad_to = 0
        """The last one."""
        self.error = errno.EIO
        """What it fails with."""
        self.worn = 0
        """The operation whose block takes nothing any more, without a word of it; 0: none."""
        self._worn_block = -1
        self._failed = False
        self.on_error = lambda operation: None
        """Told of an operation that fails."""
        self.violations = 0
        """Programs of what was not erased, other than again after an error."""
        self.gentle = False
        """Whether no memory may be taken."""
        self.gentle_operations = 0

    def partition(self):
        """It, without a board: for a look from outside."""
        return Partition(self, _Outside)

    def write(self, at, buffer):
        """Program bytes."""
        self._count()
        if self._is_worn(at):
            return
        within = self.cut_within and self.operations == self.cut_at
        size = len(buffer) // 2 if within else len(buffer)
        self._program(at, memoryview(buffer)[:size])
        if within and self.garbage:
            self._spoil(at + size, len(buffer) - size)
        self._cut()

    def _is_worn(self, at):
        if self.operations == self.worn:
            self._worn_block = at // BLOCK
        return at // BLOCK == self._worn_block

    def write_gently(self, at, buffer, size):
        """Program without taking any memory."""
        self.gentle_operations += 1
        for index in range(size):
            self.data[at + index] &= buffer[index]

    def _program(self, at, data):
        size = len(data)
        if self.data[at : at + size] == b"\xff" * size:
            self.data[at : at + size] = data
            return
        self.violations += not self._failed
        self.write_gently(at, data, size)

    def _spoil(self, at, size):
        value = self.garbage
        for index in range(at, at + size):
            value = value * 1103515245 + 12345 & 0x7FFFFFFF
            self.data[index] = value >> 16 & 0xFF

    def erase(self, at):
        """Erase a block."""
        self._count()
        half = self.cut_within and self.operations == self.cut_at
        size = BLOCK // 2 if half else BLOCK
        self.data[at : at + size] = b"\xff" * size
        self._cut()

    def erase_gently(self, at):
        """Erase without taking any memory."""
        for index in range(BLOCK):
            self.data[at + index] = 0xFF

    def _count(self):
        self.operations += 1
        if self.bad_from and self.bad_from <= self.operations <= self.bad_to:
            self._failed = True
            self.on_error(self.operations)
            raise OSError(self.error)

    def _cut(self):
        if self.operations == self.cut_at:
            raise PowerCut


class _Outside:
    over = False


class Partition:
    """The flash as the board's MicroPython has it (the extended block protocol)."""

    def __init__(self, flash, life):
        """life: ends with the power; nothing is written then."""
        self._flash = flash
        self._life = life

    def readblocks(self, number, buffer, offset=0):
        """Read from a block."""
        if self._life.over:
            return _DEAD
        at = number * BLOCK + offset
        data = self._flash.data
        if self._flash.gentle:
            for index in range(len(buffer)):
                buffer[index] = data[at + index]
        else:
            buffer[:] = memoryview(data)[at : at + len(buffer)]
        return 0

    def writeblocks(self, number, buffer, offset=0):
        """Program part of a block."""
        if self._life.over:
            return _DEAD
        if self._flash.gentle:
            self._flash.write_gently(number * BLOCK + offset, buffer, len(buffer))
            return 0
        return self._try(self._flash.write, number * BLOCK + offset, buffer)

    def ioctl(self, request, argument):
        """Sizes, and erasing a block."""
        if self._life.over:
            return _DEAD
        if request == _COUNT:
            return len(self._flash.data) // BLOCK
        if request == _SIZE:
            return BLOCK
        if request == _ERASE and self._flash.gentle:
            self._flash.erase_gently(argument * BLOCK)
        elif request == _ERASE:
            return self._try(self._flash.erase, argument * BLOCK)
        return 0

    def _try(self, work, *arguments):
        """An error is answered as littlefs wants it: by its number."""
        try:
            work(*arguments)
        except PowerCut:
            self._life.over = True
            raise
        except OSError as error:
            return -error.errno
        return 0
