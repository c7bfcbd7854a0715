"""Cases in which there is no memory when a result comes.

From the moment the firmware has read a receipt's last byte until it answers or waits, only some
bytes of the heap are left; then all of it is there again. Nothing of this counter takes any
meanwhile.
"""

import gc

from tools.faults.counter import measured

_BLOCK = 32
"""Bytes of MicroPython's unit of memory, on 64 bits."""
_MOST = 16384
_MARGIN = 512
_PIECES = 8_000
_LARGEST = 65536
_FINER = 16
_RECEIPT = 300
"""A message of so many bytes has one."""
_PUSHED_LATER_US = 30_000_000
_ROADS = ("push", "answer")
_PLANS = ("paid", "declined", "late-cancel")


class Ballast:
    """Takes the heap but for some bytes, and gives it back."""

    def __init__(self):
        self._held = [None] * _PIECES

    def take(self, left):
        """Leave so many bytes, in one piece."""
        gc.collect()
        reserve = bytearray(left) if left else None
        at, size = 0, _LARGEST
        while size:
            try:
                while True:
                    self._held[at] = bytearray(size) if size >= _BLOCK else size * 1.5
                    at += 1
            except MemoryError:
                size //= _FINER
        del reserve
        gc.collect()

    def drop(self):
        """Give it back."""
        for at in range(_PIECES):
            self._held[at] = None
        gc.collect()


_ballast = Ballast()
_needed = {}


class Hunger:
    """The time of one result."""

    def __init__(self, counter, left):
        self._world = counter.world
        self._left = left
        self.begun = False
        self.hungry = False
        self.enough = False
        """Whether the result was stored and the register told meanwhile."""
        counter.world.net.on_read = self._read
        counter.world.net.on_write = self.end
        counter.world.hunger = self

    def _read(self, size):
        if not self.begun and size >= _RECEIPT:
            self.begun = self.hungry = True
            self._world.flash.gentle = True
            self._world.life.uart.hold()
            _ballast.take(self._left)

    def end(self):
        """There is memory again."""
        if self.hungry:
            self.hungry = False
            _ballast.drop()
            flash = self._world.flash
            told = self._world.life.uart.let_go()
            self.enough = told > 0 and flash.gentle_operations > 0
            flash.gentle = False


def cases(wanted):
    """Every number of blocks from none to what the result's path needs, on either road."""
    for plan in _PLANS:
        for road in _ROADS:
            kind = "memory/{}-{}".format(plan, road)
            if wanted(kind):
                for left in range(0, _need(road) + _MARGIN, _BLOCK):
                    yield "{}/{}".format(kind, left), _starve, (plan, road, left)


def _starve(name, plan, road, left):
    counter, _ = _starved(name, plan, road, left)
    return counter


def _starved(name, plan, road, left):
    """The counter, and its Hunger."""
    counter = measured.counter(name, plan)
    backend = counter.backend
    backend.pushing = road == "push"
    hunger = Hunger(counter, left)

    def push():
        backend.pushing = True

    counter.agenda.after(_PUSHED_LATER_US, push)
    counter.run()
    counter.reached = hunger.begun
    return counter, hunger


def _need(road):
    """The bytes with which a result is taken at once, about."""
    if road not in _needed:
        low, high = 0, _MOST
        while high - low > _MARGIN:
            middle = (low + high) // 2 // _BLOCK * _BLOCK
            _, hunger = _starved("memory", _PLANS[0], road, middle)
            if hunger.enough:
                high = middle
            else:
                low = middle
        _needed[road] = high
    return _needed[road]
