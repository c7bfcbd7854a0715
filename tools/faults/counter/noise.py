"""Cases in which the line between board and register is bad, or the register is slow."""

import random

from tools.faults.counter.line import Trouble
from tools.faults.counter.register import Order
from tools.faults.counter.sale import Counter

_SALES = 200
_BAUDS = (9600, 115200)
_BAD_US = 20_000_000
_CHANGED_US = 700_000
_FIRST_US = 3_000_000
"""Within this the cable is pulled or the register falls silent first."""
_RATES = (("1e-5", 0.00001), ("1e-4", 0.0001), ("1e-3", 0.001), ("1e-2", 0.01))
_TROUBLES = (
    ("dropped", {"dropped": 0.004}),
    ("doubled", {"doubled": 0.004}),
    ("swapped", {"swapped": 0.004}),
    ("delayed", {"delayed": 0.05}),
    ("all", {"dropped": 0.001, "doubled": 0.001, "swapped": 0.001, "delayed": 0.02}),
)
_PLANS = ("paid", "paid", "declined", "cancelled", "late-cancel", "two-tries")


def cases(_):
    """Some sales for each trouble and baud rate."""
    for number in range(_SALES):
        for words, rate in _RATES:
            for baud in _BAUDS:
                name = "line/errors-{}-at-{}/{}".format(words, baud, number)
                yield name, _noise, ({"bit_errors": rate}, baud, number)
        baud = _BAUDS[number % 2]
        for words, trouble in _TROUBLES:
            yield "line/{}/{}".format(words, number), _noise, (trouble, baud, number)
        for words, run in (("pulled", _pull), ("silent", _silence), ("two", _two_registers)):
            yield "line/{}/{}".format(words, number), run, (baud, number)


def _counter(name, baud, number):
    return Counter(name, _PLANS[number // 2 % len(_PLANS)], baud=baud)


def _noise(name, trouble, baud, number):
    """Bad from the start on; after some time it is good again."""
    counter = _counter(name, baud, number)
    line = counter.world.line
    line.trouble = Trouble(**trouble)

    def clear():
        line.trouble = None

    counter.agenda.after(_BAD_US, clear)
    counter.over(_BAD_US)
    return counter.run()


def _pull(name, baud, number):
    """The cable is pulled a few times, often in the middle of a frame, and put back."""
    counter = _counter(name, baud, number)
    line, agenda = counter.world.line, counter.agenda

    def plug(plugged):
        line.plugged = plugged

    at = 0
    for _ in range(random.randint(1, 4)):
        at += random.randint(0, _FIRST_US)
        agenda.after(at, plug, False)
        at += random.choice((20_000, 400_000, 5_000_000))
        agenda.after(at, plug, True)
    counter.over(at)
    return counter.run()


def _silence(name, baud, number):
    """The register answers late, or its database takes nothing for a while."""
    counter = _counter(name, baud, number)
    register, agenda = counter.register, counter.agenda
    lasting = random.choice((300_000, 2_000_000, 12_000_000))

    def begin():
        if number % 3:
            register.late_until = agenda.now + lasting
        else:
            register.database.away_until = agenda.now + lasting

    begins = random.randint(0, _FIRST_US)
    agenda.after(begins, begin)
    counter.over(begins + lasting)
    return counter.run()


def _two_registers(name, baud, number):
    """Two registers, one after the other, with orders of the same number."""
    counter = _counter(name, baud, number)
    counter.sell(Order("4", "1001", 1234 if number % 4 < 2 else 990))
    counter.world.customer.wish("paid")
    if number % 3:
        _later_noise(counter)
    else:
        _plug_in_another(counter)
    return counter.run()


def _plug_in_another(counter):
    """The second one takes the cable when the first has its result."""
    register, agenda = counter.register, counter.agenda

    def leave(results):
        if results == 1:
            agenda.after(_CHANGED_US, register.restart)

    register.on_stored = leave


def _later_noise(counter):
    line = counter.world.line
    line.trouble = Trouble(bit_errors=0.001)

    def clear():
        line.trouble = None

    counter.agenda.after(_BAD_US, clear)
    counter.over(_BAD_US)
