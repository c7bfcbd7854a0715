"""The whole counter in one process: board, line, register, network, backend, customer.

The board is the firmware from its composition root on. What happens outside is the agenda's; a
board that loses its power is torn down by an exception that nothing in it catches.
"""

import asyncio
import gc
import random
import sys

import vfs

from tools.faults.counter import chip, people
from tools.faults.counter.flash import BLOCK, Flash, Partition, PowerCut
from tools.faults.counter.line import Line
from tools.faults.counter.net import Net
from tools.faults.counter.tasks import IoQueue

OFF_US = 1_500_000
_CRASH_US = 5_000_000
_MOST_STARTS = 60
SIZE = 16 * BLOCK
"""Bytes of the flash."""


_flash = bytearray(SIZE)
"""The one that is in use: so much memory in one piece can't be had again and again."""


class Done(BaseException):
    """The case is over."""


class World:
    """A counter with its flash; what is written there is a case's own copy."""

    def __init__(self, agenda, image, baud):
        """image: the flash's bytes; they are copied to where the last world had its own."""
        self.agenda = agenda
        self.net = Net(agenda)
        self.line = Line(agenda, baud)
        _flash[:] = image
        self.flash = Flash(_flash)
        self.memory = [b""]
        """What the RTC keeps over a reset."""
        self.shown = []
        """The panel's states."""
        self.attempts = {}
        """Those whose code was shown, by nonce: what a phone reads of it."""
        self.unjournalled = 0
        """Codes that were shown before their attempt was stored."""
        self.customer = None
        self.starts = 0
        self.crashes = []
        self.life = None
        self.hunger = None
        """What takes the memory, in some cases."""
        self.on_start = lambda number: None
        """Told of each start of the board."""
        self._cause = chip.POWER_ON
        self._want_reset = None

    def code_shown(self, attempt):
        """A code is on the panel for the first time."""
        names = ("order", "register", "amount", "currency")
        payment = {name: getattr(attempt, name) for name in names}
        payment["attempt"] = attempt.nonce
        self.attempts[attempt.nonce] = payment
        if not self._is_stored(attempt.nonce):
            self.unjournalled += 1
        if self.customer:
            self.customer.see(payment)

    def _is_stored(self, nonce):
        """Whether an attempt is in the journal."""
        return any(bytes.fromhex(nonce) in data for data in journal())

    def panel_parts(self, life):
        """The modules of the panel that a board has here."""

        def face(_, __, ___, view, *____):
            return people.Panel(self, life, view)

        glyphs = chip.Module(lend=lambda: bytearray(2048))
        return {
            "face": chip.Module(Face=face),
            "glyph_store": chip.Module(GlyphStore=lambda *_: glyphs),
        }

    def reset(self, cause=chip.HARD):
        """Start the board again as soon as nothing of it is running."""
        self._want_reset = cause

    def cut_power(self):
        """Switch the board off; it is switched on a little later."""
        self._want_reset = chip.POWER_ON

    # Running.

    def run(self):
        """Go on till Done, or till the board has started too often."""
        try:
            while self.starts < _MOST_STARTS:
                self._start()
                self._idle(OFF_US if self._cause == chip.POWER_ON else 0)
        except Done:
            pass
        finally:
            if self.life:
                self.life.over = True

    def _idle(self, microseconds):
        until = self.agenda.now + microseconds
        while self.agenda.step(until):
            pass

    def _start(self):
        """One life of the board."""
        self.life = life = chip.Life(self._cause)
        self.starts += 1
        self._want_reset = None
        self._cause = chip.POWER_ON
        self.on_start(self.starts)
        try:
            self._live(life)
        except PowerCut:
            self.memory[0] = b""
        except chip.Reset:
            self._cause = self._want_reset or chip.SOFT
        except Exception as error:  # noqa: BLE001  (as main.py does)
            self.crashes.append(repr(error))
            sys.print_exception(error)
            self._cause = chip.SOFT
            life.over = True
            self._idle(_CRASH_US)
        finally:
            life.over = True
            self.line.to_board = None
            self.net.listener = None

    def _live(self, life):
        asyncio.core.IOQueue = lambda: IoQueue(self.agenda, lambda pause: self._look(life, pause))
        asyncio.new_event_loop()
        mount(Partition(self.flash, life))
        chip.install(self, life)
        gc.collect()
        assembly = __import__("tillqr.assembly", None, None, ["assemble"])
        run = assembly.assemble()
        del assembly
        asyncio.run(run)

    def _look(self, life, pause):
        """What ends a board's life, looked for whenever something has happened; whether the board
        goes on before anything else does."""
        if self.hunger and self.hunger.hungry:
            if pause == 0:
                return True
            self.hunger.end()
        if self._want_reset is not None:
            life.over = True
            if self._want_reset == chip.POWER_ON:
                raise PowerCut
            raise chip.Reset
        if life.over:
            raise PowerCut
        if life.watched_ms and self.agenda.now - life.fed_at > life.watched_ms * 1000:
            life.over = True
            self.crashes.append("watchdog")
            self._want_reset = chip.WATCHDOG
            raise chip.Reset
        return False


def journal():
    """What is in the two segments of the file system that is mounted."""
    found = []
    for number in (0, 1):
        try:
            with open("journal.{}".format(number), "rb") as file:
                found.append(file.read())
        except OSError:
            found.append(b"")
    return found


def mount(partition):
    """Have / be the board's file system."""
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(partition), "/")


def seed(name):
    """Make all chance that of a name."""
    value = 5381
    for byte in name.encode():
        value = (value * 33 ^ byte) & 0x3FFFFFFF
    random.seed(value)
