"""The part of a board's profile that says how its reader is wired (boards/README.md)."""

from collections.abc import Iterator

from host_sim.chip import Facts
from host_sim.reader.wiring import BUSES, LINES

_NUMBER = {"hsu": "id", "spi": "host", "i2c": "id"}
"""The field with the number of the chip's part that the reader hangs on."""
_WORDS = ", ".join(BUSES[:-1]) + f" or {BUSES[-1]}"
_JOINS = {
    "tx": "reader RX",
    "rx": "reader TX",
    "sck": "reader SCK",
    "mosi": "reader MOSI",
    "miso": "reader MISO",
    "cs": "reader SS",
    "scl": "reader SCL",
    "sda": "reader SDA",
}


def fields(profile: object) -> dict:
    """The fields that a profile's reader has by its bus, if the profile has a reader."""
    if not isinstance(profile, dict) or "reader" not in profile:
        return {}
    bus = profile["reader"].get("bus") if isinstance(profile["reader"], dict) else None
    if bus not in BUSES:
        return {"reader": {"bus": str}}
    return {"reader": {"bus": str, **dict.fromkeys((_NUMBER[bus], *LINES[bus]), int)}}


def uses(profile: dict) -> Iterator[tuple[str, int, str]]:
    """Every pin of the reader: its field, its number, and what hangs on it."""
    reader = profile.get("reader")
    if reader and reader["bus"] in BUSES:
        for line in LINES[reader["bus"]]:
            yield f"reader.{line}", reader[line], line


def bus(facts: Facts, profile: dict) -> Iterator[str]:
    """What of the chip the reader can't hang on."""
    reader = profile.get("reader")
    if reader is None:
        return
    if reader["bus"] not in BUSES:
        yield f'reader.bus: "{reader["bus"]}" is none; write {_WORDS}'
        return
    own, theirs = {
        "hsu": (facts.uarts, ("UART", profile["till_uart"]["id"], "the register's")),
        "spi": (facts.spi, ("SPI host", profile["spi"]["host"], "the panel's")),
        "i2c": (facts.i2cs, ("I2C", None, "")),
    }[reader["bus"]]
    number = reader[_NUMBER[reader["bus"]]]
    what, taken, whose = theirs
    free = " or ".join(str(one) for one in sorted(own) if one != taken)
    where = f"reader.{_NUMBER[reader['bus']]}"
    if number not in own:
        yield f"{where}: there is no {what} {number} to use; write {free}"
    elif number == taken:
        yield f"{where}: {what} {number} is {whose} already; write {free}"


def line(profile: dict, use: str) -> tuple[str, str]:
    """What a line of the reader joins, and by what of the chip, in words."""
    reader = profile["reader"]
    number = reader[_NUMBER[reader["bus"]]]
    words = {"hsu": f"UART{number}", "spi": f"SPI host {number}", "i2c": f"I2C {number}"}
    return _JOINS[use], words[reader["bus"]] + ", 3.3 V"
