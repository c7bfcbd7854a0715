"""Cases in which the power fails at an operation of the flash."""

from tools.faults.counter import measured

_WAYS = ("after", "within", "garbage")
_SECOND_CUTS = 4


def cases(wanted):
    """After each operation, and in the middle of each write."""
    for plan, kind, sale in measured.plans("power", wanted):
        for number in range(1, sale.world.flash.operations + 1):
            for way in _WAYS:
                yield "{}/{}-{}".format(kind, way, number), _cut, (plan, way, number)


def twice(wanted):
    """And again while the board recovers."""
    for plan, kind, sale in measured.plans("power-twice", wanted):
        for number in range(1, sale.world.flash.operations + 1):
            for second in range(1, _SECOND_CUTS + 1):
                yield "{}/{}-{}".format(kind, number, second), _cut_twice, (plan, number, second)


def _prepared(name, plan, way, number):
    counter = measured.counter(name, plan)
    flash = counter.world.flash
    flash.cut_at = number
    flash.cut_within = way != "after"
    flash.garbage = number if way == "garbage" else 0
    counter.world.on_start = lambda _: counter.over()
    return counter


def _cut(name, plan, way, number):
    counter = _prepared(name, plan, way, number).run()
    counter.reached = counter.world.starts > 1
    return counter


def _cut_twice(name, plan, number, second):
    counter = _prepared(name, plan, "after", number)
    flash = counter.world.flash

    def start(starts):
        counter.over()
        if starts == 2:
            flash.cut_at = flash.operations + second

    counter.world.on_start = start
    counter.run()
    counter.reached = counter.world.starts > 2
    return counter
