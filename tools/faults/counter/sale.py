"""A sale at a counter of its own, with a fault in it, and what came of it."""

import json
import os
import random
import sys

import vfs

from tools.faults.counter import chip, start, verdict, world
from tools.faults.counter.backend import Backend
from tools.faults.counter.flash import Flash, Partition
from tools.faults.counter.people import Customer
from tools.faults.counter.register import Order, Register
from tools.faults.counter.shop import ShopDatabase

QR_SECONDS = 20
BAUD = 115200
BOUND_US = 240_000_000
"""Within this of the fault's end everything must have ended."""
_GRACE_US = 3_000_000
_CHECK_US = 250_000
_WRAP_US = (1 << 30) * 1000
_AROUND_WRAP_US = 60_000_000
"""MicroPython's ticks wrap in about every second case."""
_SETTINGS = {
    "device": "D0001",
    "shop": "Corner Shop",
    "backend": "http://pay.example.com:8080",
    "wifi_ssid": "shop",
    "key_number": 1,
    "port": 80,
    "till_baud": BAUD,
    "qr_seconds": QR_SECONDS,
}


class Plan:
    """How a sale goes if nothing fails."""

    def __init__(self, wishes=(), tries=1, cancel_after_ms=0, push_delay_ms=10):
        """wishes: of the customer (people.Customer); the others as of an Order and the Backend."""
        self.wishes = wishes
        self.tries = tries
        self.cancel_after_ms = cancel_after_ms
        self.push_delay_ms = push_delay_ms


PLANS = {
    "paid": Plan(("paid",)),
    "declined": Plan(("failed",)),
    "cancelled": Plan((), cancel_after_ms=500),
    "late-cancel": Plan(("paid",), cancel_after_ms=1000, push_delay_ms=4000),
    "late-expiry": Plan(("late",)),
    "two-tries": Plan(("failed", "paid"), tries=2),
}


def new_image(baud):
    """The flash of a board that has sold nothing yet."""
    data = bytearray(b"\xff" * world.SIZE)
    partition = Partition(Flash(data), chip.Life(chip.POWER_ON))
    vfs.VfsLfs2.mkfs(partition)
    world.mount(partition)
    settings = dict(_SETTINGS)
    settings["till_baud"] = baud
    with open("settings.json", "w") as file:
        file.write(json.dumps(settings))
    os.mkdir("texts")
    with open("texts/en.txt", "w") as file:
        file.write(" ")
    return bytes(data)


_images = {}


def image(baud=BAUD):
    """The same, made once."""
    if baud not in _images:
        _images[baud] = new_image(baud)
    return _images[baud]


class Counter:
    """One case's counter; a case puts its fault into the parts before `run`."""

    def __init__(self, name, plan, before=None, baud=BAUD, order="1001"):
        """name: the case's, which makes all chance; plan: of PLANS; before: a counter whose sale is
        over and whose flash, database and charges this one goes on with."""
        agenda = start.agenda
        world.seed(name)
        agenda.clear(_WRAP_US - random.randint(0, _AROUND_WRAP_US))
        plan = PLANS[plan]
        self.agenda = agenda
        self.began = agenda.now
        flash = before.world.flash.data if before else image(baud)
        self.world = world.World(agenda, flash, baud)
        self.backend = Backend(agenda, self.world.net)
        self.backend.push_delay_ms = plan.push_delay_ms
        self.database = ShopDatabase()
        if before:
            self.database.take_over(before.database)
            self.backend.take_over(before.backend)
            self.world.attempts.update(before.world.attempts)
        self.register = Register(agenda, self.world.line, baud, self.database)
        self.world.customer = Customer(agenda, self.backend, plan.wishes)
        self.sell(Order("3", order, 1234, "EUR", plan.tries, plan.cancel_after_ms))
        self.fault_over = agenda.now
        """From when on nothing fails any more."""
        self.reached = True
        """Whether the sale came to where its fault is."""
        self.steps = 0
        """How many things happened outside the board."""
        self.end, self.words = "", ""
        """What came of it (verdict.py), and why."""
        self._complete_at = None

    def sell(self, order):
        """Have the cashier ask for an order, after those before."""
        self.register.orders.append(order)

    def over(self, microseconds=0):
        """The fault is over by then."""
        self.fault_over = max(self.fault_over, self.agenda.now + microseconds)

    def run(self, bound=BOUND_US):
        """Sell, and judge what came of it; returns this counter."""
        self._bound = bound
        self.agenda.after(_CHECK_US, self._check)
        self.world.run()
        self.steps = self.agenda.steps
        self.end, self.words = verdict.judge(self, self._complete_at is not None)
        return self

    def keep(self):
        """Keep the flash as it is, beyond the next case; returns this counter."""
        self.world.flash.data = bytes(self.world.flash.data)
        return self

    def _check(self):
        """End the case some time after everything has ended; or when that takes too long."""
        now = self.agenda.now
        if not verdict.complete(self) or now < self.fault_over:
            self._complete_at = None
            if now > self.fault_over + self._bound:
                raise world.Done
        elif self._complete_at is None:
            self._complete_at = now
        elif now >= self._complete_at + _GRACE_US:
            raise world.Done
        self.agenda.after(_CHECK_US, self._check)


def describe(counter):
    """What one wants to see of a case that failed."""
    for nonce, charge in counter.backend.charges.items():
        print("charge", nonce, charge.state, charge.pushed, file=sys.stderr)
    for nonce, row in counter.database.attempts.items():
        history = counter.database.history[nonce]
        print("row", nonce, row["order"], row["outcome"], history, file=sys.stderr)
    shown = counter.world.shown
    print("panel", shown, "starts", counter.world.starts, counter.world.crashes, file=sys.stderr)
