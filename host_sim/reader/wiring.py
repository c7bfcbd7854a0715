"""How a reader can be wired to a board that has none: on pins that are free."""

from collections.abc import Iterator

from host_sim.chip import CHIPS, Facts

BUSES = ("hsu", "spi", "i2c")
LINES = {"hsu": ("tx", "rx"), "spi": ("sck", "mosi", "miso", "cs"), "i2c": ("scl", "sda")}
"""The lines of each bus, as a profile names them."""


def wire(profile: dict, bus: str) -> dict:
    """The field `reader` of a profile, for a reader on a bus of BUSES. On HSU it has the UART that
    a card machine could have."""
    facts = CHIPS[profile["chip"]]
    pins = _free(facts, profile)
    lines = {line: next(pins) for line in LINES[bus]}
    if bus == "hsu":
        uarts = facts.uarts - {profile["till_uart"]["id"]}
        return {"bus": bus, "id": min(uarts), **lines}
    if bus == "spi":
        return {"bus": bus, "host": min(set(facts.spi) - {profile["spi"]["host"]}), **lines}
    return {"bus": bus, "id": min(facts.i2cs), **lines}


def _free(facts: Facts, profile: dict) -> Iterator[int]:
    """Pins that can drive, decide nothing at power-on and are not used."""
    used = set(profile["pins"].values())
    for uart in ("till_uart", "machine_uart"):
        used |= {profile[uart][end] for end in ("tx", "rx") if uart in profile}
    return iter(sorted(facts.pins - facts.input_only - set(facts.taken) - set(facts.straps) - used))
