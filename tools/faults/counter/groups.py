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
            for name, run, arguments in make():
                if not wanted or _is_wanted(name, wanted):
                    yield name, run, arguments


def _is_wanted(name, wanted):
    return any(name == one or name.startswith(one + "/") for one in wanted)
