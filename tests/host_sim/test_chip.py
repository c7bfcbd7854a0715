"""The simulated chip refuses what an ESP32 would refuse or die of."""

import pytest

from host_sim.chip import Chip, Refused

SPI = {"host": 2, "baudrate": 40_000_000, "polarity": 0, "phase": 0, "sck": 18, "mosi": 23}
UART = {"uart": 2, "baud": 115200, "tx": 17, "rx": 16, "txbuf": 256, "rxbuf": 256, "timeout": 0}
PIN = {"number": 5, "mode": 3, "pull": None, "value": 1}


def test_what_works() -> None:
    chip = Chip()
    chip.make("pin", **PIN)
    chip.make("spi", **SPI)
    chip.make("spi", **{**SPI, "mosi": 19, "baudrate": 26_666_666})
    chip.make("uart", **UART)
    chip.make("pwm", pin=4, freq=1000)
    chip.make("wdt", timeout=8000)


@pytest.mark.parametrize(
    ("kind", "good", "changes", "words"),
    [
        ("pin", PIN, {"number": 40}, "invalid pin"),
        ("pin", PIN, {"number": "5"}, "invalid pin"),
        ("pin", PIN, {"number": 6}, "flash"),
        ("pin", PIN, {"number": 24}, "flash"),
        ("pin", PIN, {"number": 35}, "input"),
        ("pin", PIN, {"mode": 1}, "output"),
        ("pin", PIN, {"number": 36, "mode": 1, "value": None, "pull": 2}, "pull"),
        ("spi", SPI, {"host": 3}, "exist"),
        ("spi", SPI, {"mosi": 19}, "crash"),
        ("spi", SPI, {"baudrate": 80_000_001}, "more than"),
        ("spi", SPI, {"polarity": 2}, "polarity"),
        ("spi", SPI, {"mosi": 34}, "input"),
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
        Chip().make(kind, **{**good, **changes})


def test_a_uart_is_used_once() -> None:
    chip = Chip()
    chip.make("uart", **UART)
    with pytest.raises(Refused, match="in use"):
        chip.make("uart", **UART)
