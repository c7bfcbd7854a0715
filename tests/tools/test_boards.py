"""Board profiles: each one there is good, and a broken one is refused with what to change."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_sim.board import BoardError, board_names, profile
from host_sim.chip import Chip, Refused
from host_sim.panel import PanelModel
from tools import boards, gallery

README = (boards.BOARDS / "README.md").read_text()


def broken(name: str, /, **changes: object) -> dict:
    """A board with changes: pins__cs=7 sets the pin CS; a value of None removes the field."""
    made = copy.deepcopy(profile(name))
    for path, value in changes.items():
        *parents, field = path.split("__")
        at: Any = made
        for parent in parents:
            at = at[parent]
        if value is None:
            del at[field]
        else:
            at[field] = value
    return made


@pytest.mark.parametrize("name", board_names())
def test_every_profile_is_good(name: str) -> None:
    assert boards.check_file(boards.BOARDS / f"{name}.json") == []


HSU = {"bus": "hsu", "id": 1, "tx": 13, "rx": 14}
SPI = {"bus": "spi", "host": 1, "sck": 13, "mosi": 14, "miso": 19, "cs": 21}
I2C = {"bus": "i2c", "id": 0, "scl": 13, "sda": 14}


@pytest.mark.parametrize("reader", [HSU, SPI, I2C, {**HSU, "rx": 34}, {**SPI, "miso": 39}])
def test_a_reader_is_good(reader: dict) -> None:
    made = broken("devkit_240x320", reader=reader)
    assert boards.problems(made, "devkit_240x320") == []
    assert f"| {reader.get('rx', 13)} | reader " in boards.wiring(made)


def test_the_readers_of_the_readme_are_good() -> None:
    for reader in (HSU, SPI, I2C):
        assert f"`{json.dumps(reader)}`" in README


REFUSED: list[tuple[str, dict, list[str]]] = [
    # fields
    ("devkit_240x320", {"pins__reset": None}, ["pins.reset", "missing", "add it"]),
    ("devkit_240x320", {"watchdog_ms": None}, ["watchdog_ms", "missing", "a whole number"]),
    ("devkit_240x320", {"till_uart": None}, ["till_uart", "missing", "an object"]),
    ("devkit_240x320", {"panel__colors": 444}, ["panel.colors", "did you mean colours?"]),
    ("devkit_240x320", {"wifi": {}}, ["wifi", "no such field", "remove"]),
    ("devkit_240x320", {"spi__baudrate": "40000000"}, ["spi.baudrate", "whole number"]),
    ("devkit_240x320", {"spi__baudrate": 4e7}, ["spi.baudrate", "whole number"]),
    ("devkit_240x320", {"pins__cs": True}, ["pins.cs", "true must be a whole number"]),
    ("devkit_240x320", {"pins__no_key": "4"}, ["pins.no_key", "whole number"]),
    ("devkit_240x320", {"panel__inverted": 1}, ["panel.inverted", "true or false"]),
    ("devkit_240x320", {"title": 7}, ["title", "text in quotes"]),
    ("devkit_240x320", {"title": " "}, ["title", "say in words"]),
    ("devkit_240x320", {"spi": 2}, ["spi", "object in braces"]),
    ("devkit_240x320", {"name": "devkit"}, ["name", 'write "devkit_240x320"']),
    ("devkit_240x320", {"chip": "esp32c3"}, ["chip", "write esp32 or esp32s3"]),
    # SPI
    ("t_display", {"spi__baudrate": 40_000_000}, ["spi.baudrate", "write 26666666", "18 and mosi"]),
    ("devkit_240x320", {"spi__host": 1}, ["spi.baudrate", "26666666", "host 2 sck 18"]),
    ("devkit_240x320", {"spi__host": 3}, ["spi.host", "write 1 or 2"]),
    ("devkit_240x320", {"spi__baudrate": 80_000_000}, ["spi.baudrate", "write 40000000"]),
    ("devkit_240x320", {"spi__baudrate": 40_000}, ["spi.baudrate", "seconds for a picture"]),
    # pins
    ("devkit_240x320", {"pins__dc": 35}, ["pins.dc", "only be an input", "such as 13, 14 or 19"]),
    ("devkit_240x320", {"till_uart__tx": 34}, ["till_uart.tx", "only be an input", "take a pin"]),
    ("devkit_240x320", {"pins__mosi": 39}, ["pins.mosi", "only be an input", "such as 23,"]),
    ("devkit_240x320", {"pins__reset": 8}, ["pins.reset", "flash", "take a pin"]),
    ("devkit_240x320", {"pins__reset": 24}, ["pins.reset", "doesn't exist", "take a pin"]),
    ("devkit_240x320", {"pins__reset": -1}, ["pins.reset", "doesn't exist", "take a pin"]),
    ("devkit_240x320", {"pins__cs": 27}, ["pins.dc", "is pins.cs's already", "take a pin"]),
    ("devkit_240x320", {"till_uart__rx": 32}, ["till_uart.rx", "is pins.qr_key's", "take"]),
    ("devkit_240x320", {"till_uart__rx": 3}, ["till_uart.rx", "console", "take a pin"]),
    ("devkit_240x320", {"till_uart__tx": 17, "till_uart__rx": 17}, ["till_uart.rx", "already"]),
    ("t_display", {"pins__qr_key": 35}, ["pins.qr_key", "no pull resistor", "take a pin"]),
    # strapping pins
    ("devkit_240x320", {"pins__qr_key": 12}, ["pins.qr_key", "flash's voltage", "take a pin"]),
    ("devkit_240x320", {"pins__qr_key": 5, "pins__cs": 13}, ["pins.qr_key", "power-on", "take"]),
    ("devkit_240x320", {"pins__cs": 12}, ["pins.cs", "flash's voltage", "take a pin"]),
    ("devkit_240x320", {"pins__backlight": 2}, ["pins.backlight", "be flashed", "take a pin"]),
    ("devkit_240x320", {"till_uart__rx": 2}, ["till_uart.rx", "be flashed", "take a pin"]),
    ("devkit_240x320", {"till_uart__rx": 0}, ["till_uart.rx", "starts its program", "take a pin"]),
    # the line to the register
    ("devkit_240x320", {"till_uart__id": 0}, ["till_uart.id", "the console's", "write 1 or 2"]),
    ("devkit_240x320", {"machine_uart__id": 2}, ["machine_uart.id", "the register's", "write 1"]),
    ("devkit_240x320", {"machine_uart__id": 0}, ["machine_uart.id", "the console's", "write 1"]),
    ("devkit_240x320", {"machine_uart__tx": 34}, ["machine_uart.tx", "only be an input"]),
    ("devkit_240x320", {"machine_uart__rx": 16}, ["machine_uart.rx", "is till_uart.rx's"]),
    ("devkit_240x320", {"machine_uart__baud": 9600}, ["machine_uart.baud", "no such field"]),
    ("devkit_240x320", {"till_uart__id": 3}, ["till_uart.id", "doesn't exist", "write 1 or 2"]),
    # the reader
    ("devkit_240x320", {"reader": {"bus": "uart"}}, ["reader.bus", "write hsu, spi or i2c"]),
    ("devkit_240x320", {"reader": {}}, ["reader.bus", "missing"]),
    ("devkit_240x320", {"reader": 1}, ["reader", "object in braces"]),
    ("devkit_240x320", {"reader": {**HSU, "cs": 19}}, ["reader.cs", "no such field"]),
    ("devkit_240x320", {"reader": {**HSU, "id": 2}}, ["reader.id", "the register's", "write 1"]),
    ("devkit_240x320", {"reader": {**HSU, "id": 0}}, ["reader.id", "no UART 0", "write 1"]),
    ("devkit_240x320", {"reader": {**HSU, "tx": 35}}, ["reader.tx", "only be an input", "take"]),
    ("devkit_240x320", {"reader": {**HSU, "rx": 16}}, ["reader.rx", "till_uart.rx's", "take"]),
    ("devkit_240x320", {"reader": {**I2C, "sda": 12}}, ["reader.sda", "flash's voltage", "take"]),
    ("devkit_240x320", {"reader": {**I2C, "id": 2}}, ["reader.id", "no I2C 2", "write 0 or 1"]),
    ("devkit_240x320", {"reader": {**SPI, "host": 2}}, ["reader.host", "the panel's", "write 1"]),
    ("devkit_240x320", {"reader": {**SPI, "miso": 6}}, ["reader.miso", "flash", "take a pin"]),
    # the panel
    ("devkit_170x320", {"panel__column_offset": 80}, ["panel.width", "240", "lower one"]),
    ("devkit_240x240", {"panel__row_offset": 81}, ["panel.height", "320", "lower one"]),
    ("devkit_240x320", {"panel__rotation": 1}, ["panel.height", "rotation 1", "as the panel is"]),
    ("devkit_240x320", {"panel__rotation": 90}, ["panel.rotation", "write 0, 1, 2 or 3"]),
    ("devkit_240x320", {"panel__row_offset": -1}, ["panel.row_offset", "write 0 or more"]),
    ("devkit_240x320", {"panel__width": 128}, ["panel.width", "too few", "at least 135x135"]),
    ("devkit_240x320", {"panel__colours": 666}, ["panel.colours", "write 444 or 565"]),
    ("devkit_240x320", {"panel__spi_mode": 1}, ["panel.spi_mode", "write 0 or 3"]),
    # the watchdog
    ("devkit_240x320", {"watchdog_ms": 8000}, ["watchdog_ms", "write 15000 to 60000"]),
    ("devkit_240x320", {"watchdog_ms": 600_000}, ["watchdog_ms", "write 15000 to 60000"]),
    # the ESP32-S3
    ("devkit_s3_240x320", {"spi__host": 2, "spi__baudrate": 60_000_000}, ["baudrate", "40000000"]),
    ("devkit_s3_240x320", {"chip": "esp32"}, ["pins.cs", "flash", "take a pin"]),
    ("devkit_s3_240x320", {"pins__dc": 23}, ["pins.dc", "doesn't exist", "such as 1, 2 or 5"]),
    ("devkit_s3_240x320", {"pins__dc": 30}, ["pins.dc", "flash", "take a pin"]),
    ("devkit_s3_240x320", {"pins__dc": 36}, ["pins.dc", "octal", "take a pin"]),
    ("devkit_s3_240x320", {"pins__qr_key": 19}, ["pins.qr_key", "USB", "take a pin"]),
    ("devkit_s3_240x320", {"till_uart__tx": 43}, ["till_uart.tx", "console", "take a pin"]),
    ("devkit_s3_240x320", {"pins__reset": 45}, ["pins.reset", "flash's voltage", "take a pin"]),
    ("devkit_s3_240x320", {"pins__cs": 46}, ["pins.cs", "be flashed", "take a pin"]),
    ("devkit_s3_240x320", {"pins__qr_key": 3}, ["pins.qr_key", "JTAG", "take a pin"]),
]


@pytest.mark.parametrize(("name", "changes", "words"), REFUSED)
def test_a_broken_profile_is_refused(name: str, changes: dict, words: list[str]) -> None:
    """One of the messages begins with the field and says what to change."""
    found = boards.problems(broken(name, **changes), name)
    assert any(
        problem.partition(":")[0].endswith(words[0]) and all(word in problem for word in words)
        for problem in found
    ), found


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        # A board's boot button is a key; CS on 5 is pulled up, which is right for it.
        ("t_display", {}),
        ("devkit_s3_240x320", {"pins__qr_key": 0}),
        ("devkit_240x320", {"pins__other_key": 22}),
        ("devkit_240x320", {"pins__dc": 2, "pins__cs": 15}),
        ("devkit_240x320", {"spi__host": 1, "pins__sck": 14, "pins__mosi": 13}),
        ("devkit_240x320", {"till_uart__rx": 35}),
        ("devkit_240x320", {"spi__baudrate": 62_500_000, "panel__colours": 565}),
        ("devkit_s3_240x320", {"spi__host": 2, "pins__sck": 38, "pins__mosi": 48}),
        (
            "devkit_170x320",
            {
                "panel__rotation": 3,
                "panel__width": 320,
                "panel__height": 170,
                "panel__column_offset": 0,
                "panel__row_offset": 35,
            },
        ),
    ],
)
def test_what_is_allowed(name: str, changes: dict) -> None:
    assert boards.problems(broken(name, **changes), name) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"name": "x",\n "title" "X"}', "line 2"),
        ("[1, 2]", "no JSON object"),
        ("7", "no JSON object"),
        ('{"spi": {"host": 1, "host": 2}}', "host: given 2 times; keep one"),
        ("{}", "name: missing"),
        ("\xff", "no JSON object"),
    ],
)
def test_a_file_that_is_no_profile(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(text.encode("latin-1"))
    assert words in boards.check_file(path)[0]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 0, "devkit_s3_240x320: ok\n"),
        (["t_display"], 0, "t_display: ok\n"),
        (["t_display", "no_board"], 1, "no_board: there is no no_board.json; known: devkit_"),
        (["--wiring", "t_display"], 0, "| 19 | panel SDA |"),
        (["--list"], 0, "| `t_display` | esp32 | 135x240, 26.67 MHz |"),
    ],
)
def test_the_command(
    arguments: list[str],
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["tools.boards", *arguments])
    assert boards.main() == status
    assert words in capsys.readouterr().out


def _tables() -> dict[str, str]:
    """The wiring tables of the README: each board's, by its name in the heading."""
    found = {}
    for section in README.split("\n### ")[1:]:
        heading, _, rest = section.partition("\n")
        table = "\n".join(
            line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("|")
        )
        found.update(dict.fromkeys(re.findall(r"`(\w+)`", heading), table))
    return found


def test_the_readme_says_what_the_profiles_say() -> None:
    """Wiring, and the list of boards; `python -m tools.boards --wiring NAME` prints a table."""
    assert _tables() == {name: boards.wiring(profile(name)) for name in board_names()}
    rows = [line for line in README.splitlines() if re.match(r"\| `\w+` \| esp32", line)]
    assert rows == [boards.row(profile(name)) for name in board_names()]


def test_every_panel_has_its_recorded_screens() -> None:
    """Of boards with the same panel, one is recorded; no board is left out."""
    recorded = {look.board for look in gallery.looks()}
    for board in board_names():
        twin = gallery.panels()[board]
        assert twin in recorded
        assert profile(twin)["panel"] == profile(board)["panel"]


def test_the_simulator_refuses_an_unknown_chip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from host_sim import board

    made = broken("devkit_240x320", chip="esp8266")
    monkeypatch.setattr(board, "profile", lambda _: made)
    with pytest.raises(BoardError, match=r"devkit_240x320\.json.*esp8266.*known: esp32, esp32s3"):
        board.Board("cpython", "devkit_240x320", tmp_path, {}, {}, lambda: None)


def test_the_least_panel_shows_a_payment_code() -> None:
    """And no smaller one does: LEAST_SIDE is what the firmware needs."""
    boot.add_names()
    from tillqr.panel import code_layout

    def shows(side: int) -> bool:
        return any(code_layout.plan(side, side, 4 * version + 17)[0] for version in range(5, 41))

    assert shows(boards.LEAST_SIDE) and not shows(boards.LEAST_SIDE - 1)


# What holds for any profile


_PINS = st.integers(-2, 50)
_LINES = ("sck", "mosi", "cs", "dc", "reset", "backlight", "qr_key")
_BAUDS = (26_666_666, 26_666_667, 40_000_000, 40_000_001, 62_500_000)


def _construct(made: dict) -> None:
    """Construct what the firmware does; raises Refused."""
    chip, pins, spi, uart = Chip(made["chip"]), made["pins"], made["spi"], made["till_uart"]
    for name in ("sck", "mosi", "backlight"):
        chip.make("pin", number=pins[name], mode=None, pull=None, value=None)
    for name in ("cs", "dc", "reset"):
        chip.make("pin", number=pins[name], mode=3, pull=None, value=1)
    chip.make("pin", number=pins["qr_key"], mode=1, pull=2, value=None)
    chip.make("spi", **spi, polarity=0, phase=0, sck=pins["sck"], mosi=pins["mosi"])
    chip.make("pwm", pin=pins["backlight"], freq=1000)
    for end in ("tx", "rx"):
        chip.make("pin", number=uart[end], mode=None, pull=None, value=None)
    buffers = {"baud": 115200, "txbuf": 2048, "rxbuf": 2048, "timeout": 0}
    chip.make("uart", uart=uart["id"], tx=uart["tx"], rx=uart["rx"], **buffers)
    chip.make("wdt", timeout=made["watchdog_ms"])


def _refuses(construct: Callable[[dict], None], made: dict) -> bool:
    try:
        construct(made)
    except Refused:
        return True
    return False


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(board_names()),
    pins=st.dictionaries(st.sampled_from(_LINES), _PINS, max_size=2),
    spi=st.fixed_dictionaries(
        {}, optional={"host": st.integers(1, 2), "baudrate": st.sampled_from(_BAUDS)}
    ),
    uart=st.fixed_dictionaries({}, optional={"id": st.integers(0, 3), "tx": _PINS, "rx": _PINS}),
)
def test_what_the_chip_refuses_has_a_problem(name: str, pins: dict, spi: dict, uart: dict) -> None:
    """The check lets nothing through that the simulated chip refuses, and says what to change."""
    made = profile(name)
    for field, changes in (("pins", pins), ("spi", spi), ("till_uart", uart)):
        made[field].update(changes)
    found = boards.problems(made, name)
    assert found or not _refuses(_construct, made)
    assert all(re.match(r"[a-z_.]+: .+; .+", problem) for problem in found), found


@settings(max_examples=300, deadline=None)
@given(
    width=st.integers(boards.LEAST_SIDE, 330),
    height=st.integers(boards.LEAST_SIDE, 330),
    column=st.integers(0, 200),
    row=st.integers(0, 200),
    rotation=st.integers(0, 3),
)
def test_a_panel_is_good_if_the_controller_has_its_pixels(
    width: int, height: int, column: int, row: int, rotation: int
) -> None:
    """Held against the panel's model; and a row of pixels goes into the driver's buffer."""
    from tillqr.panel import rgb565, st7789

    base = profile("devkit_240x320")
    geometry = {"width": width, "height": height, "rotation": rotation}
    base["panel"].update(geometry, column_offset=column, row_offset=row)
    model = PanelModel(base["panel"], base["pins"], lambda: None)
    model.pin(base["pins"]["cs"], 0)
    for code, data in (
        (0x36, bytes((st7789._MADCTL_ROTATED[rotation],))),
        (0x2A, column.to_bytes(2, "big") + (column + width - 1).to_bytes(2, "big")),
        (0x2B, row.to_bytes(2, "big") + (row + height - 1).to_bytes(2, "big")),
    ):
        model.pin(base["pins"]["dc"], 0)
        model.spi(bytes((code,)))
        model.pin(base["pins"]["dc"], 1)
        model.spi(data)
    good = boards.problems(base, base["name"]) == []
    assert good == (model.violations == [])
    assert not good or rgb565.QUAD * ((width + 3) // 4) <= st7789._BUFFER
