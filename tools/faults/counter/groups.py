"""All groups of cases, by the first word of their cases' names."""

from tools.faults.counter import hunger, noise, outage, power, resets, rot, writes

_GROUPS = (
    ("power", power.cases),
    ("power-twice", power.twice),
    ("reset", resets.board),
    ("register", resets.register),
    ("line", noise.cases),
    ("net", outage.network),
    ("results", outage.results),
    ("memory", hunger.cases),
    ("rot", rot.cases),
    ("full", writes.full),
    ("write-error", writes.failing),
)


def cases(names):
    """The cases of some groups, or of all."""
    for name, make in _GROUPS:
        if not names or name in names:
            yield from make()
