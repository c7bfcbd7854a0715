"""All groups of cases, by the first word of their cases' names."""

from tools.faults.counter import hunger, measured, noise, outage, power, resets, rot, writes

_GROUPS = (
    ("none", measured.cases),
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


NAMES = [name for name, _ in _GROUPS]


def cases(wanted):
    """Those whose names are wanted or begin with what is, up to a slash; or all."""
    groups = [name.split("/")[0] for name in wanted]
    for group, make in _GROUPS:
        if not wanted or group in groups:
            for name, run, arguments in make(lambda kind: _is_wanted(kind, wanted, True)):
                if _is_wanted(name, wanted, False):
                    yield name, run, arguments


def _is_wanted(name, wanted, in_part):
    """Whether a case is; in_part: whether some of the cases of a class are."""
    for one in wanted:
        if (name + "/").startswith(one + "/") or (in_part and one.startswith(name + "/")):
            return True
    return not wanted
