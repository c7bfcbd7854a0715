"""The model of the reader's chip, by the manual's bytes and without the firmware."""

import asyncio
from pathlib import Path

import pytest

from host_sim.board import board_names, profile
from host_sim.buses import Buses
from host_sim.chip import Chip
from host_sim.reader.field import Field
from host_sim.reader.frames import ACK, NACK, SYNTAX_ERROR, Deframer, response
from host_sim.reader.joined import JoinedReader
from host_sim.reader.pn532 import Pn532Model
from host_sim.reader.ports import ADDRESS, I2cPort, SpiPort
from host_sim.reader.wiring import BUSES, LINES, wire
from tools import boards
from tools.reader_faults.drive import Echo

SAM = bytes.fromhex("140100")
VERSION_FRAME = bytes.fromhex("0000ff02fed4022a00")
VERSION = bytes.fromhex("0000ff06fad50332010607e800")
LIST_A = bytes.fromhex("4a0200")
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Awake:
    """A model that was woken, and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.field = Field()
        self.model = Pn532Model(self.field, lambda: self.now)
        self.model.wake()

    def ask(self, command: bytes, seconds: float = 1.0) -> list[bytes]:
        """The frames that a command is answered with in so many seconds."""
        self.model.hear(command)
        self.now += seconds
        return self.come()

    def come(self) -> list[bytes]:
        """The frames that can be read now."""
        return list(iter(self.model.take, None))


@pytest.fixture
def chip() -> Awake:
    """One that is set up."""
    made = Awake()
    assert made.ask(SAM) == [ACK, bytes.fromhex("0000ff02fed5151600")]
    return made


def test_before_it_is_set_up_it_says_nothing() -> None:
    chip = Awake()
    assert chip.ask(b"\x02") == []
    chip.model.power_on()
    assert chip.ask(SAM) == []  # nobody woke it


def test_the_manual_s_frames(chip: Awake) -> None:
    assert chip.ask(b"\x02") == [ACK, VERSION]
    assert chip.ask(b"\x99") == [ACK, SYNTAX_ERROR]
    assert chip.ask(bytes.fromhex("3205ff")) == [ACK, SYNTAX_ERROR]
    assert len(response(bytes(264))) == 265 + 10


def test_an_ack_ends_a_command_and_a_nack_repeats_a_response(chip: Awake) -> None:
    assert chip.ask(b"\x02", 0.0015) == [ACK]
    chip.model.hear(ACK)
    chip.now += 1
    assert chip.come() == []
    assert chip.ask(NACK) == [VERSION]


def test_without_a_limit_a_search_has_no_end(chip: Awake) -> None:
    assert chip.ask(LIST_A, 3600) == [ACK]
    chip.ask(bytes.fromhex("3205ff0100"))
    assert chip.ask(LIST_A) == [ACK, response(b"\x4b\x00")]


def test_a_card_answers_a_search_once_until_the_field_was_off(chip: Awake) -> None:
    chip.ask(bytes.fromhex("3205ff0100"))
    chip.field.put(Echo())
    found = bytes.fromhex("4b01 01 0344 20 07 04112233445566 05 75778102")
    assert chip.ask(LIST_A)[1] == response(found)
    assert chip.ask(LIST_A)[1] == response(b"\x4b\x00")
    chip.ask(bytes.fromhex("320100"))
    assert chip.ask(LIST_A)[1] == response(found)


def test_chaining_both_ways(chip: Awake) -> None:
    chip.field.put(Echo())
    chip.ask(LIST_A)
    command = b"\x80\xcb\x01\x40" + bytes(300)
    assert chip.ask(b"\x40\x41" + command[:262])[1] == response(b"\x41\x00")
    first = chip.ask(b"\x40\x01" + command[262:])[1]
    rest = chip.ask(b"\x40\x01")[1]
    whole = Echo().answer(command)
    assert whole is not None
    assert first == response(b"\x41\x40" + whole[:262])
    assert rest == response(b"\x41\x00" + whole[262:])
    assert chip.ask(b"\x40\x02" + command[:5])[1] == response(b"\x41\x27")


def test_wrong_frames_are_passed_over() -> None:
    reader = Deframer()
    spoiled = VERSION_FRAME[:6] + b"\x03" + VERSION_FRAME[7:]
    assert reader.feed(spoiled + b"\x12\0" + VERSION_FRAME + ACK + NACK) == [b"\x02", ACK, NACK]
    assert reader.feed(VERSION_FRAME[:5]) == []
    assert reader.feed(VERSION_FRAME[5:]) == [b"\x02"]


async def test_spi_says_whether_there_is_anything() -> None:
    model = Pn532Model(Field())
    port = SpiPort(model)
    assert port.exchange(b"\x02\x00") == b"\xff\xff"  # CS is high
    port.select(0)
    port.select(1)
    await asyncio.sleep(0.003)
    port.select(0)
    port.exchange(b"\x01" + bytes.fromhex("0000ff04fcd41401001700"))
    port.select(1)
    for ready in (0, 1):
        port.select(0)
        assert port.exchange(b"\x02\x00")[1] == ready
        port.select(1)
        await asyncio.sleep(0.002)
    port.select(0)
    assert port.exchange(b"\x03" + bytes(8)) == b"\0" + ACK + b"\0\0"
    port.select(1)


def test_a_command_that_comes_while_a_frame_is_read_leaves_it_whole(chip: Awake) -> None:
    port = SpiPort(chip.model)
    chip.model.hear(b"\x02")
    chip.now += 1
    port.select(0)
    begun = port.exchange(b"\x03" + bytes(2))
    chip.model.hear(b"\x02")  # a late one
    assert (begun + port.exchange(bytes(4)))[1:] == ACK
    port.select(1)
    chip.now += 1
    assert chip.come()[0] == ACK


async def test_i2c_is_not_acknowledged_asleep() -> None:
    model = Pn532Model(Field())
    port = I2cPort(model)
    for transfer in (lambda: port.read(1), lambda: port.write(b"")):
        with pytest.raises(OSError, match="ENODEV"):
            transfer()
    port.write(bytes.fromhex("0000ff04fcd41401001700"))
    assert port.read(8) == bytes(8)
    await asyncio.sleep(0.002)
    assert port.read(1) == b"\x01"
    assert port.read(8) == b"\x01" + ACK + b"\0"


def spi_made(**changes: int) -> JoinedReader:
    """A reader on SPI that is awake, with the host set up so."""
    wired = {"bus": "spi", "host": 1, "sck": 13, "mosi": 14, "miso": 19, "cs": 21}
    made = JoinedReader(wired)
    good = {"host": 1, "baudrate": 1_000_000, "polarity": 0, "phase": 0, "firstbit": 1}
    made.made("spi", {**good, **changes})
    made.pin(21, 0)
    made.model.wake()
    return made


def test_bits_come_as_the_host_sends_them() -> None:
    assert spi_made().spi(b"\x03\x00") == b"\0\0"
    mirrored = spi_made(firstbit=0)
    mirrored.spi(b"\x03".translate(MIRRORED))
    assert mirrored._spi._transfer == b"\x03"
    for wrong in ({"baudrate": 8_000_000}, {"polarity": 1}):
        assert spi_made(**wrong).spi(b"\x02\x00") == b"\xff\xff"


def test_nobody_is_at_another_address() -> None:
    made = profile("devkit_240x320")
    made["reader"] = {"bus": "i2c", "id": 0, "scl": 13, "sda": 14}
    buses = Buses(made, lambda: None)
    assert buses.reader
    buses.reader.model.wake()
    assert buses.i2c_read(0, ADDRESS, 1) == b"\0"
    for bus, address in ((0, ADDRESS + 1), (1, ADDRESS)):
        with pytest.raises(OSError, match="ENODEV"):
            buses.i2c_read(bus, address, 1)
        with pytest.raises(OSError, match="ENODEV"):
            buses.i2c_write(bus, address, b"\0")


@pytest.mark.parametrize("bus", BUSES)
@pytest.mark.parametrize("name", board_names())
def test_any_board_takes_a_reader(name: str, bus: str) -> None:
    made = profile(name)
    made["reader"] = wire(made, bus)
    assert boards.problems(made, name) == []
    chip = Chip(made["chip"])
    for line in LINES[bus]:
        chip.make("pin", number=made["reader"][line], mode=None, pull=None, value=None)


def test_the_field_is_the_board_s(tmp_path: Path) -> None:
    from host_sim.board import Board

    def board(reader: str) -> Board:
        return Board("cpython", "t_display", tmp_path, {}, {}, lambda: None, reader=reader)

    assert board("").field is None
    assert board("hsu").field is not None
