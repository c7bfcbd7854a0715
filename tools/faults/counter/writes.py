"""Cases in which the flash takes nothing: it is full, or it fails."""

import errno
import os

from tools.faults.counter import measured

_ENOSPC = 28  # the Unix port has no name for it
_LASTING_US = 10_000_000
_EVERY = 4
"""Of the steps of a sale, how often one has its case."""
_FILLER = "filler"
_PIECES = (4096, 256, 16)


def full(wanted):
    """The file system is full from a step of the sale on, for some time."""
    for plan, kind, sale in measured.plans("full", wanted):
        for number in range(1, sale.steps + 1, _EVERY):
            yield "{}/{}".format(kind, number), _fill, (plan, number)


def _fill(name, plan, number):
    counter = measured.counter(name, plan)
    agenda, life = counter.agenda, counter.world
    counter.reached = False

    def look(steps):
        if steps == number and not life.life.over:
            counter.reached = True
            _write_filler()
            agenda.after(_LASTING_US, os.remove, _FILLER)
            counter.over(_LASTING_US)

    agenda.on_step = look
    return counter.run()


def _write_filler():
    """Take all the room that there is."""
    for size in _PIECES:
        try:
            while True:
                with open(_FILLER, "ab") as file:
                    file.write(bytes(size))
        except OSError:
            pass


def failing(wanted):
    """An operation fails, or all from one on for some time; or the flash says that it is full; or
    the block that is written is worn out."""
    for plan, kind, sale in measured.plans("write-error", wanted):
        for number in range(1, sale.world.flash.operations + 1):
            for way in ("once", "lasting", "full", "worn"):
                yield "{}/{}-{}".format(kind, way, number), _fail, (plan, way, number)


def _fail(name, plan, way, number):
    counter = measured.counter(name, plan)
    flash = counter.world.flash
    if way == "worn":
        flash.worn = number
        return counter.run()
    flash.bad_from = number
    flash.bad_to = number if way == "once" else 1 << 40
    flash.error = _ENOSPC if way == "full" else errno.EIO
    counter.reached = False

    def heal():
        flash.bad_from = 0

    def fail(_):
        if not counter.reached:
            counter.reached = True
            counter.agenda.after(_LASTING_US, heal)
            counter.over(_LASTING_US)

    flash.on_error = fail
    return counter.run()
