"""The simulated chips refuse what an ESP32 or an ESP32-S3 would refuse or die of."""

import pytest

from host_sim.chip import CHIPS, Chip, Refused

SPI = {"host": 2, "baudrate": 40_000_000, "polarity": 0, "phase": 0, "sck": 18, "mosi": 23}
UART = {"uart": 2, "baud": 115200, "tx": 17, "rx": 16, "txbuf": 256, "rxbuf": 256, "timeout": 0}
READER_SPI = {**SPI, "host": 1, "baudrate": 1_000_000, "sck": 13, "mosi": 14, "miso": 34}
I2C = {"i2c": 0, "scl": 22, "sda": 21, "freq": 400_000, "timeout": 10_000}
PIN = {"number": 5, "mode": 3, "pull": None, "value": 1}


def test_what_works() -> None:
    chip = Chip("esp32")
    chip.make("pin", **PIN)
    chip.make("spi", **SPI)
    chip.make("spi", **{**SPI, "mosi": 19, "baudrate": 26_666_666})
    chip.make("spi", **{**READER_SPI, "firstbit": 1})
    chip.make("uart", **UART)
    chip.make("i2c", **I2C)
    chip.make("i2c", **{**I2C, "i2c": 1, "scl": 25, "sda": 26})
    chip.make("pwm", pin=4, freq=1000)
    chip.make("wdt", timeout=8000)


@pytest.mark.parametrize(
    ("kind", "good", "changes", "words"),
    [
        ("pin", PIN, {"number": 40}, "doesn't exist"),
        ("pin", PIN, {"number": -1}, "doesn't exist"),
        ("pin", PIN, {"number": "5"}, "invalid pin"),
        ("pin", PIN, {"number": 6}, "flash"),
        ("pin", PIN, {"number": 24}, "doesn't exist"),
        ("pin", PIN, {"number": 3}, "console"),
        ("pin", PIN, {"number": 35}, "input"),
        ("pin", PIN, {"mode": 1}, "output"),
        ("pin", PIN, {"number": 36, "mode": 1, "value": None, "pull": 2}, "pull"),
        ("spi", SPI, {"host": 3}, "exist"),
        ("spi", SPI, {"mosi": 19}, "crash"),
        ("spi", SPI, {"baudrate": 80_000_001}, "more than"),
        ("spi", SPI, {"polarity": 2}, "polarity"),
        ("spi", SPI, {"mosi": 34}, "input"),
        ("spi", READER_SPI, {"miso": 13}, "pin of its own"),
        ("spi", READER_SPI, {"miso": 7}, "flash"),
        ("spi", READER_SPI, {"firstbit": 2}, "MSB or LSB"),
        ("i2c", I2C, {"i2c": 2}, "exist"),
        ("i2c", I2C, {"scl": 34}, "input"),
        ("i2c", I2C, {"sda": 24}, "doesn't exist"),
        ("i2c", I2C, {"sda": 22}, "two pins"),
        ("i2c", I2C, {"freq": 400_001}, "400000"),
        ("i2c", I2C, {"timeout": 0}, "microseconds"),
        ("uart", UART, {"uart": 0}, "console"),
        ("uart", UART, {"baud": 100}, "baudrate"),
        ("uart", UART, {"tx": 34}, "input"),
        ("uart", UART, {"rx": 17}, "UART parameters"),
        ("uart", UART, {"rxbuf": 64}, "UART parameters"),
        ("pwm", {"pin": 4, "freq": 1000}, {"pin": 39}, "input"),
        ("pwm", {"pin": 4, "freq": 1000}, {"freq": 0}, "freq"),
        ("wdt", {"timeout": 8000}, {"timeout": 0}, "timeout"),
    ],
)
def test_what_is_refused(kind: str, good: dict, changes: dict, words: str) -> None:
    with pytest.raises(Refused, match=words):
        Chip("esp32").make(kind, **{**good, **changes})


S3_SPI = {**SPI, "host": 1, "sck": 12, "mosi": 11}


def test_what_works_on_an_s3() -> None:
    """Its pins go to 48, none is only an input, and SPI(2) has no pins of its own."""
    chip = Chip("esp32s3")
    chip.make("pin", **{**PIN, "number": 48})
    chip.make("pin", **{**PIN, "number": 38})
    chip.make("spi", **{**S3_SPI, "baudrate": 80_000_000})
    chip.make("spi", **{**S3_SPI, "host": 2, "baudrate": 40_000_000})
    chip.make("pwm", pin=39, freq=1000)
    chip.make("uart", **{**UART, "uart": 1, "rx": 18})


@pytest.mark.parametrize(
    ("kind", "good", "changes", "words"),
    [
        ("pin", PIN, {"number": 49}, "doesn't exist"),
        ("pin", PIN, {"number": 23}, "doesn't exist"),
        ("pin", PIN, {"number": 26}, "flash"),
        ("pin", PIN, {"number": 35}, "octal"),
        ("pin", PIN, {"number": 20}, "USB"),
        ("pin", PIN, {"number": 43}, "console"),
        ("spi", S3_SPI, {"host": 3}, "exist"),
        ("spi", S3_SPI, {"host": 2, "baudrate": 40_000_001}, "more than"),
        ("spi", S3_SPI, {"sck": 18, "mosi": 23, "baudrate": 80_000_000}, "more than"),
        ("uart", UART, {"uart": 0}, "console"),
    ],
)
def test_what_an_s3_refuses(kind: str, good: dict, changes: dict, words: str) -> None:
    with pytest.raises(Refused, match=words):
        Chip("esp32s3").make(kind, **{**good, **changes})


def test_an_unknown_chip() -> None:
    with pytest.raises(Refused, match="esp32, esp32s3"):
        Chip("esp32c3")


@pytest.mark.parametrize("name", CHIPS)
def test_facts_agree(name: str) -> None:
    """Whatever is said of a pin is said of one that exists."""
    facts = CHIPS[name]
    own = {pin for pins in facts.spi.values() for pin in pins or ()}
    for pins in (facts.input_only, facts.taken, facts.straps, own):
        assert set(pins) <= facts.pins
    assert not own & (facts.input_only | set(facts.taken))
    assert not set(facts.straps) & set(facts.taken)


@pytest.mark.parametrize(("kind", "good"), [("uart", UART), ("i2c", I2C)])
def test_a_bus_is_used_once(kind: str, good: dict) -> None:
    chip = Chip("esp32")
    chip.make(kind, **good)
    with pytest.raises(Refused, match="in use"):
        chip.make(kind, **good)
