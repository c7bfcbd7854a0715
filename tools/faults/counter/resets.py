"""Cases in which the board or the register starts again at a step of a sale."""

from tools.faults.counter import chip, measured
from tools.faults.counter.register import Died

_WAYS = ("before", "committed", "after")


def board(wanted):
    """The board, whenever something happens: a message comes, a piece of one, a time is up."""
    for plan, kind, sale in measured.plans("reset", wanted):
        for number in range(1, sale.steps + 1):
            yield "{}/{}".format(kind, number), _reset_board, (plan, number)


def _reset_board(name, plan, number):
    counter = measured.counter(name, plan)
    world, agenda = counter.world, counter.agenda

    def look(steps):
        if steps == number:
            counter.over()
            world.reset((chip.HARD, chip.POWER_ON)[number % 2])

    agenda.on_step = look
    counter.run()
    counter.reached = world.starts > 1
    return counter


def register(wanted):
    """The register, at each message: before it is carried out, between the commit of a result and
    its acknowledgement, and after it."""
    for plan, kind, sale in measured.plans("register", wanted):
        messages, results = sale.register.messages, sale.register.results
        for way, most in zip(_WAYS, (messages, results, messages)):
            for number in range(1, most + 1):
                yield "{}/{}-{}".format(kind, way, number), _restart_register, (plan, way, number)


def _restart_register(name, plan, way, number):
    counter = measured.counter(name, plan)
    register, agenda = counter.register, counter.agenda

    def die():
        counter.over()
        counter.reached = True
        raise Died

    def hear(messages):
        if messages == number and way == "before":
            die()
        if messages == number and way == "after":
            agenda.after(1, register.restart)
            counter.over()
            counter.reached = True

    def stored(results):
        if results == number and way == "committed":
            die()

    counter.reached = False
    register.on_message, register.on_stored = hear, stored
    return counter.run()
