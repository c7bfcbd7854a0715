"""The plans of sales, with what each takes when nothing fails: so that faults can be put at every
step of them."""

from tools.faults.counter import sale as sales
from tools.faults.counter import world

_TURNOVERS = ("turnover-1", "turnover-2", "turnover-3")
PLANS = tuple(sorted(sales.PLANS)) + _TURNOVERS
"""Those of sale.py, and paid ones that fill a segment of the journal, at another step each."""
_MOST_SALES = 60

_sales = {}
_before = {}


def counter(name, plan):
    """A counter for a sale of a plan."""
    if plan in _TURNOVERS:
        return sales.Counter(name, "paid", _filled(plan), order=_order(plan, 0))
    return sales.Counter(name, plan)


def sale(plan):
    """A sale of a plan in which nothing fails; made once."""
    if plan not in _sales:
        _sales[plan] = counter("none/" + plan, plan).run()
    return _sales[plan]


def cases(wanted):
    """Each plan without a fault."""
    for plan in PLANS:
        if wanted("none/" + plan):
            yield "none/" + plan, _as_measured, (plan,)


def plans(group, wanted):
    """The plans of which cases are wanted, each with its class and with what was measured."""
    for plan in PLANS:
        kind = group + "/" + plan
        if wanted(kind):
            yield plan, kind, sale(plan)


def _as_measured(_, plan):
    return sale(plan)


def _filled(plan):
    """A counter whose next sale begins the other segment; made once."""
    if plan not in _before:
        last, active = None, 0
        for number in range(1, _MOST_SALES):
            order = _order(plan, number)
            made = sales.Counter("filling " + order, "paid", last, order=order)
            before = segments(made)
            made.run().keep()
            after = segments(made)
            if made.end != "survived":
                break
            if last and before[1 - active] != after[1 - active]:
                break
            last, active = made, 0 if before[0] != after[0] else 1
        else:
            raise ValueError("no segment was filled")
        _before[plan] = last or made
    return _before[plan]


def _order(plan, number):
    """Longer names fill a segment sooner."""
    return "9" * (1 + 5 * _TURNOVERS.index(plan)) + str(1000 + number)


def segments(made):
    """What the journal of a counter has."""
    world.mount(made.world.flash.partition())
    return world.journal()
