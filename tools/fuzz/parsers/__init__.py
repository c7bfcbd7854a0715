"""The firmware's parsers of foreign bytes, each as one function of bytes; neutral.

judge(octets) is a text that says what the firmware took the bytes for, the same on both runtimes.
It raises Broken if a property doesn't hold; whatever else it raises is a finding as well. Whatever
lasts in the firmware is made anew for each input, so that one input can be tried again alone.
"""

import binascii

from tillqr.unload import load


class Broken(Exception):
    """What must hold of a parser does not."""


class Parser:
    """One parser, and what it may take."""

    def __init__(self, judge, cap: int, times: int, steps: int = 100) -> None:  # type: ignore[no-untyped-def]
        """cap: the most bytes of an input that it looks at, by its own limits; times: so many
        times as much memory may be taken at once, on CPython, whatever comes; steps: lines that
        may be carried out for each byte."""
        self.judge = judge
        self.cap = cap
        self.times = times
        self.steps = steps


def keep(module, *loaded: str) -> None:  # type: ignore[no-untyped-def]
    """Have a module of the firmware let none of those go that it loads: to load one again takes
    more memory and steps than any input."""
    for name in loaded:
        load(name)
    module.unload = _stay


def _stay(*_: str) -> None:
    """Nothing is let go."""


def demand(holds: bool, words: str) -> None:
    """Raise Broken unless it holds."""
    if not holds:
        raise Broken(words)


def shape(value: object) -> str:
    """A JSON value in words that are the same on both runtimes; of a float only that it is one."""
    if isinstance(value, dict):
        pairs = sorted([shape(name) + ":" + shape(value[name]) for name in value])
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join([shape(one) for one in value]) + "]"
    if isinstance(value, float):
        return "float"
    return value.encode().hex() + "'" if isinstance(value, str) else repr(value)


def digest(words: str) -> str:
    """A short text for a long one."""
    return "{:08x}".format(binascii.crc32(words.encode()))


class Counts:
    """A counter as the firmware's parts want one, which keeps how often each name came."""

    def __init__(self) -> None:
        self.names: dict = {}

    def __call__(self, name: str) -> None:
        self.names[name] = self.names.get(name, 0) + 1

    def words(self) -> str:
        """All of them, as a part of a verdict."""
        return " ".join(["{}={}".format(name, self.names[name]) for name in sorted(self.names)])
