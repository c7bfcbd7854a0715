"""Cases in which the network or the backend fails, or results come twice, late or in disorder."""

import random

from tools.faults.counter import measured
from tools.faults.counter.sale import PLANS, QR_SECONDS

_CUT_US = 4_000_000
_LONG_CUT_US = 40_000_000
_WAYS = ("cut", "long-cut", "lost")
_SALES = 30


def network(wanted):
    """At each message of each plan the network is cut, or that message alone is lost."""
    for plan, kind, sale in measured.plans("net", wanted):
        for number in range(1, sale.world.net.messages + 1):
            for way in _WAYS:
                yield "{}/{}-{}".format(kind, way, number), _at_message, (plan, way, number)


def _at_message(name, plan, way, number):
    counter = measured.counter(name, plan)
    net = counter.world.net
    counter.reached = False

    def look(messages):
        if messages != number:
            return True
        counter.reached = True
        if way != "lost":
            _cut(counter, _LONG_CUT_US if way == "long-cut" else _CUT_US)
        return False

    net.on_message = look
    return counter.run()


def _cut(counter, lasting):
    net = counter.world.net
    net.up = False

    def mend():
        net.up = True

    counter.agenda.after(lasting, mend)
    counter.over(lasting)


def results(_):
    """What a backend may do with results."""
    for words, spoil in (
        ("doubled", _double),
        ("unheard", _unhear),
        ("late", _delay),
        ("jumbled", _jumble),
    ):
        for plan in sorted(PLANS):
            for number in range(_SALES if spoil is _jumble else 3):
                yield (
                    "results/{}/{}-{}".format(words, plan, number),
                    _spoiled,
                    (plan, spoil, number),
                )


def _spoiled(name, plan, spoil, number):
    counter = measured.counter(name, plan)
    spoil(counter, number)
    return counter.run()


def _double(counter, number):
    """Results are pushed more than once."""
    counter.backend.push_copies = 2 + number


def _unhear(counter, number):
    """Acknowledgements of pushes are lost."""
    counter.backend.deaf = 1 + number


def _delay(counter, number):
    """No result comes and no question is answered till the code has expired."""
    backend = counter.backend
    backend.answering = False
    backend.push_delay_ms = (QR_SECONDS + 10 * number) * 1000

    def answer():
        backend.answering = True

    lasting = (QR_SECONDS + 8 + 5 * number) * 1_000_000
    counter.agenda.after(lasting, answer)
    counter.over(lasting)


def _jumble(counter, _):
    """Pushes and answers take any time, come again, and their acknowledgements are lost."""
    backend = counter.backend
    backend.push_copies = random.randint(1, 3)
    backend.deaf = random.randint(0, 2)
    backend.answer_delay_ms = lambda: random.choice((0, 0, 1000, 4500, 7000))
    backend.push_delay_ms = random.choice((0, 500, 3000, 12_000, 30_000))
    counter.over(40_000_000)
