"""Check board profiles (boards/README.md), and print how a board is wired.

`python -m tools.boards` checks every profile, `python -m tools.boards NAME ...` some; each gets a
line "ok" or a line for each problem, which says what to change. A profile is refused if it asks for
what the pins, the chip (host_sim/chip.py) or an ST7789 panel can't do.
"""

import argparse
import difflib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from host_sim.board import ROOT, board_names
from host_sim.chip import CHIPS, Facts
from tools import board_reader

BOARDS = ROOT / "boards"
_WORDS = {int: "a whole number", str: "text in quotes", bool: "true or false"}
_FIELDS: dict = {
    "name": str,
    "title": str,
    "chip": str,
    "spi": {"host": int, "baudrate": int},
    "pins": dict.fromkeys(("sck", "mosi", "cs", "dc", "reset", "backlight", "qr_key"), int),
    "panel": {
        **dict.fromkeys(("width", "height", "column_offset", "row_offset", "rotation"), int),
        "inverted": bool,
        "colours": int,
        "spi_mode": int,
    },
    "till_uart": {"id": int, "tx": int, "rx": int},
    "watchdog_ms": int,
}
"""What a profile has: every field of it, and nothing else but more `..._key` pins, a `reader` and
_OPTIONAL."""
_OPTIONAL: dict = {"machine_uart": {"id": int, "tx": int, "rx": int}}
"""What it may have."""
_KEY = re.compile(r"pins\.[a-z]+_key")
_MEMORY = (240, 320)
"""Columns and rows of the ST7789's memory (V2 datasheet, 8.12)."""
_PANEL_BAUD = 62_500_000
"""The ST7789's shortest clock period for a write is 16 ns (7.4.3: TSCYCW)."""
_LEAST_BAUD = 1_000_000
"""Slower, a picture takes a second; so slow a number is a slip."""
LEAST_SIDE = 135
"""Pixels a payment code needs: version 5 is the smallest there is, of 37 modules and a quiet zone
of 4 on each side, at three pixels a module (tillqr/panel/code_layout.py)."""
_WATCHDOG_MS = (15_000, 60_000)
"""A name look-up in a dead network blocks for up to 14 s; a display that hangs for more than a
minute keeps a queue waiting."""
_PANEL_LINES = {
    "sck": "panel SCL",
    "mosi": "panel SDA",
    "cs": "panel CS",
    "dc": "panel DC",
    "reset": "panel RES",
    "backlight": "panel BLK",
    "tx": "register RX",
    "rx": "register TX",
    "machine_tx": "card machine RX",
    "machine_rx": "card machine TX",
}


_ENDS = ("tx", "rx", "machine_tx", "machine_rx")


def main() -> int:
    """Check, or print a table; 1 if there is a problem."""
    parser = argparse.ArgumentParser(prog="tools.boards", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a name in boards/; none: all")
    parser.add_argument("--wiring", action="store_true", help="print the wiring as Markdown")
    parser.add_argument("--list", action="store_true", help="print a line a board as Markdown")
    arguments = parser.parse_args()
    names = arguments.names or board_names()
    good = True
    for name in names:
        found = check_file(BOARDS / f"{name}.json")
        good = good and not found
        if found:
            print("\n".join(f"{name}: {problem}" for problem in found))
        elif arguments.wiring:
            print(wiring(load(BOARDS / f"{name}.json")))
        elif arguments.list:
            print(row(load(BOARDS / f"{name}.json")))
        else:
            print(f"{name}: ok")
    return 0 if good else 1


def load(path: Path) -> dict:
    """A profile as it is written; raises OSError, or ValueError that says what to change."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"line {error.lineno} is no JSON ({error.msg}): mend the commas and quotes there"
        ) from None
    except (TypeError, UnicodeDecodeError):
        raise ValueError("no JSON object: copy another board's file and change that") from None


def _once(pairs: list[tuple[str, object]]) -> dict:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name}: given {names.count(name)} times; keep one")
    return dict(pairs)


def check_file(path: Path) -> list[str]:
    """The problems of a file; none if the board is good."""
    try:
        profile = load(path)
    except OSError:
        return [f"there is no {path.name}; known: {', '.join(board_names())}"]
    except ValueError as error:
        return [str(error)]
    return problems(profile, path.stem)


def problems(profile: object, name: str) -> list[str]:
    """What is wrong with a profile of a file's name, each with what to change."""
    asked = {**_FIELDS, **{name: _OPTIONAL[name] for name in _OPTIONAL if _has(profile, name)}}
    found = list(_shape(profile, {**asked, **board_reader.fields(profile)}, ""))
    if found or not isinstance(profile, dict):
        return found
    if profile["name"] != name:
        found.append(f'name: "{profile["name"]}" is not the file\'s name; write "{name}"')
    if not profile["title"].strip():
        found.append("title: empty; say in words which board and panel this is")
    found += [*_panel(profile["panel"]), *_watchdog(profile["watchdog_ms"])]
    facts = CHIPS.get(profile["chip"])
    if facts is None:
        return [*found, f'chip: "{profile["chip"]}" is not supported; {_choice(CHIPS, "write ")}']
    buses = [*_spi(facts, profile), *_uart(facts, profile), *board_reader.bus(facts, profile)]
    return [*found, *_pins(facts, profile), *buses]


def _has(profile: object, name: str) -> bool:
    return isinstance(profile, dict) and name in profile


def _shape(value: object, fields: dict, where: str) -> Iterator[str]:
    """Fields that are missing, unknown or of another type."""
    if not isinstance(value, dict):
        yield f"{where or 'profile'}: must be an object in braces; see another board's file"
        return
    prefix = f"{where}." if where else ""
    for name, kind in fields.items():
        if name not in value:
            wanted = "an object in braces" if isinstance(kind, dict) else _WORDS[kind]
            yield f"{prefix}{name}: missing; add it ({wanted}; boards/README.md says what it means)"
        elif isinstance(kind, dict):
            yield from _shape(value[name], kind, name)
        elif type(value[name]) is not kind:
            yield f"{prefix}{name}: {json.dumps(value[name])} must be {_WORDS[kind]}; write it so"
    for name in [name for name in value if name not in fields]:
        if not _KEY.fullmatch(prefix + name):
            near = difflib.get_close_matches(name, fields, 1)
            hint = f"did you mean {near[0]}? Rename it" if near else "remove it"
            yield f"{prefix}{name}: there is no such field; {hint}"
        elif type(value[name]) is not int:
            yield f"{prefix}{name}: {json.dumps(value[name])} must be a whole number; write it so"


def _choice(options: object, before: str = "") -> str:
    """Some options in words: "write 1 or 2"."""
    words = [str(option) for option in options]  # type: ignore[attr-defined]
    *most, last = words
    return before + (f"{', '.join(most)} or {last}" if most else last)


def _uses(profile: dict) -> Iterator[tuple[str, int, str]]:
    """Every pin: its field, its number, and what hangs on it."""
    for name, pin in profile["pins"].items():
        yield f"pins.{name}", pin, "key" if name.endswith("_key") else name
    for uart, use in (("till_uart", ""), ("machine_uart", "machine_")):
        for end in ("tx", "rx"):
            if uart in profile:
                yield f"{uart}.{end}", profile[uart][end], use + end
    yield from board_reader.uses(profile)


def _pins(facts: Facts, profile: dict) -> Iterator[str]:
    """Pins that can't do what is asked of them, or are asked twice."""
    first: dict[int, str] = {}
    for field, pin, use in _uses(profile):
        other = first.setdefault(pin, field)
        fault = f"pin {pin} is {other}'s already" if other != field else _fault(facts, pin, use)
        if fault:
            yield f"{field}: {fault}; {_choice(_free(facts, profile, use), 'take a pin such as ')}"


def _fault(facts: Facts, pin: int, use: str) -> str | None:
    """Why a pin can't be used so, or None."""
    use = use.removeprefix("machine_")
    if fault := facts.pin_fault(pin):
        return fault
    if use == "key":
        if fault := facts.pull_fault(pin):
            return f"{fault}, so that a key there would press itself"
    elif use not in ("rx", "miso") and (fault := facts.output_fault(pin)):
        return fault
    strap = facts.straps.get(pin)
    if strap and use not in strap.uses:
        return (
            f"pin {pin}'s level at power-on decides {strap.decides}, and what hangs there may "
            "hold it wrong"
        )
    return None


def _free(facts: Facts, profile: dict, use: str) -> list[int]:
    """Three pins that are free for a use; the SPI host's own one first."""
    used = {pin for _, pin, _ in _uses(profile)}
    own = facts.spi.get(profile["spi"]["host"])
    pins = [own[use == "mosi"]] if own and use in ("sck", "mosi") else []
    pins += [pin for pin in sorted(facts.pins - set(facts.straps)) if pin not in pins]
    return [pin for pin in pins if pin not in used and not _fault(facts, pin, use)][:3]


def _spi(facts: Facts, profile: dict) -> Iterator[str]:
    """A host that isn't there, or a clock that the pins or the panel can't follow."""
    host, baud = profile["spi"]["host"], profile["spi"]["baudrate"]
    sck, mosi = profile["pins"]["sck"], profile["pins"]["mosi"]
    if host not in facts.spi:
        yield f"spi.host: there is no SPI host {host}; {_choice(facts.spi, 'write ')}"
        return
    most = facts.most_baud(host, sck, mosi)
    if baud < _LEAST_BAUD:
        yield f"spi.baudrate: {baud} Hz would take seconds for a picture; write {most} or less"
    elif baud > min(most, _PANEL_BAUD):
        if most > _PANEL_BAUD:
            yield f"spi.baudrate: an ST7789 follows {_PANEL_BAUD} Hz at most; write 40000000"
            return
        hosts = [
            f"for host {number} sck {pins[0]} and mosi {pins[1]}"
            for number, pins in facts.spi.items()
            if pins
        ]
        yield (
            f"spi.baudrate: {baud} Hz is more than pins {sck} and {mosi} of SPI host {host} can "
            f"do; write {most}, or wire the panel to a host's own pins: {_choice(hosts)}"
        )


def _uart(facts: Facts, profile: dict) -> Iterator[str]:
    for name in ("till_uart", "machine_uart"):
        if name not in profile:
            continue
        number, free = profile[name]["id"], facts.uarts
        what = "is the console's" if number == 0 else "doesn't exist"
        if name == "machine_uart":
            free = free - {profile["till_uart"]["id"]}
            what = what if number not in facts.uarts else "is the register's"
        if number not in free:
            yield f"{name}.id: UART {number} {what}; {_choice(sorted(free), 'write ')}"


def _panel(panel: dict) -> Iterator[str]:
    """What an ST7789 can't show, or a phone not read."""
    for field, options in (("rotation", range(4)), ("colours", (444, 565)), ("spi_mode", (0, 3))):
        if panel[field] not in options:
            yield f"panel.{field}: {panel[field]} is none; {_choice(options, 'write ')}"
    across, down = _MEMORY if panel["rotation"] % 2 == 0 else _MEMORY[::-1]
    for size, offset, most in (
        ("width", "column_offset", across),
        ("height", "row_offset", down),
    ):
        if panel[offset] < 0:
            yield f"panel.{offset}: negative; write 0 or more"
        elif panel[size] < LEAST_SIDE:
            yield (
                f"panel.{size}: {panel[size]} pixels are too few for a payment code that phones "
                f"read; use a panel of at least {LEAST_SIDE}x{LEAST_SIDE}"
            )
        elif panel[offset] + panel[size] > most:
            yield (
                f"panel.{size}: {panel[size]} and {offset} {panel[offset]} are more than the "
                f"{most} of an ST7789's memory at rotation {panel['rotation']}; lower one of them, "
                "and give all four numbers as the panel is mounted, not as it is sold"
            )


def _watchdog(milliseconds: int) -> Iterator[str]:
    least, most = _WATCHDOG_MS
    if not least <= milliseconds <= most:
        yield f"watchdog_ms: {milliseconds} is out of range; write {least} to {most}, as 30000"


def row(profile: dict) -> str:
    """A board's line in the list of boards, as Markdown."""
    panel, megahertz = profile["panel"], f"{profile['spi']['baudrate'] / 1e6:.4g}"
    size = f"{panel['width']}x{panel['height']}, {megahertz} MHz"
    return f"| `{profile['name']}` | {profile['chip']} | {size} | {profile['title']} |"


def wiring(profile: dict) -> str:
    """A board's wiring as a table in Markdown."""
    lines = [f"| {profile['chip'].upper().replace('32S', '32-S')} pin | joins | |", "|---|---|---|"]
    for field, pin, use in _uses(profile):
        joins = _PANEL_LINES.get(use) or f"{field[5:-4].upper()} key to ground"
        remark = _remark(profile, pin, use)
        if field.startswith("reader."):
            joins, remark = board_reader.line(profile, use)
        lines.append(f"| {pin} | {joins} | {remark} |".replace("|  |", "| |"))
    return "\n".join(lines)


def _remark(profile: dict, pin: int, use: str) -> str:
    facts, host = CHIPS[profile["chip"]], profile["spi"]["host"]
    if use in ("sck", "mosi"):
        if facts.spi[host] == (profile["pins"]["sck"], profile["pins"]["mosi"]):
            return f"SPI host {host}'s own pin"
        return f"SPI host {host}, through the GPIO matrix"
    if use in _ENDS:
        uart = profile["machine_uart" if use.startswith("machine_") else "till_uart"]
        return f"{use[-2:].upper()} of UART{uart['id']}, 3.3 V"
    if use == "backlight":
        return "by PWM"
    if use == "key" and pin in facts.straps:
        return "the boot button: down at power-on, the chip waits to be flashed"
    return ""


if __name__ == "__main__":
    sys.exit(main())
