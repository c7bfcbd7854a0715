"""What an ESP32 refuses: pins, speeds and modes that don't exist or don't work.

The facts are the ESP32 datasheet's (v4, table 1-2 and section 2) and what the MicroPython image
does. Where the chip would crash or do nothing, a text says so here.
"""

from collections.abc import Callable

_FLASH_PINS = range(6, 12)
_INPUT_ONLY = range(34, 40)
_GONE = (20, 24, 28, 29, 30, 31)
_IOMUX = {1: (14, 13), 2: (18, 23)}
"""SPI host: the SCK and MOSI that bypass the GPIO matrix."""
_IOMUX_BAUD = 80_000_000
_MATRIX_BAUD = 26_666_666
_OUT = 3


class Refused(ValueError):
    """The chip would not do that; the text says why."""


class Chip:
    """One chip, and which of its pins are in use for what."""

    def __init__(self) -> None:
        self._made: dict[str, Callable[..., None]] = {
            "pin": self._pin,
            "spi": self._spi,
            "pwm": self._pwm,
            "uart": self._uart,
            "wdt": self._wdt,
        }
        self._uarts: set[int] = set()

    def make(self, kind: str, **arguments: int | None) -> None:
        """A constructor of `machine` was called; raises Refused."""
        self._made[kind](**arguments)

    @staticmethod
    def _check_output(number: int) -> None:
        if number in _INPUT_ONLY:
            raise Refused(f"pin {number} can only be an input")

    def _pin(self, number: object, mode: int | None, pull: int | None, value: object) -> None:
        if type(number) is not int or not 0 <= number < 40:
            raise Refused("invalid pin")
        if number in _FLASH_PINS or number in _GONE:
            raise Refused(f"pin {number} belongs to the flash or doesn't exist")
        if mode == _OUT:
            self._check_output(number)
        elif value is not None:
            raise Refused("only an output has a value to start with")
        if pull is not None and number in _INPUT_ONLY:
            raise Refused(f"pin {number} has no pull resistor")

    def _spi(
        self, host: int, baudrate: int, polarity: int, phase: int, sck: int, mosi: int
    ) -> None:
        if host not in _IOMUX:
            raise Refused(f"SPI({host}) doesn't exist")
        if polarity not in (0, 1) or phase not in (0, 1):
            raise Refused("polarity and phase are 0 or 1")
        self._check_output(sck)
        self._check_output(mosi)
        most = _IOMUX_BAUD if (sck, mosi) == _IOMUX[host] else _MATRIX_BAUD
        if not 0 < baudrate <= most:
            raise Refused(
                f"{baudrate} Hz is more than pins {sck} and {mosi} of SPI({host}) can do "
                f"({most}): the chip would crash at the first write"
            )

    def _pwm(self, pin: int, freq: int) -> None:
        self._check_output(pin)
        if not 1 <= freq <= 40_000_000:
            raise Refused("freq must be from 1 to 40000000")

    def _uart(
        self, uart: int, baud: int, tx: int, rx: int, txbuf: int, rxbuf: int, timeout: int
    ) -> None:
        if uart not in (1, 2):
            raise Refused(f"UART({uart}) is the console or doesn't exist")
        if uart in self._uarts:
            raise Refused(f"UART({uart}) is in use")
        if not 300 <= baud <= 5_000_000:
            raise Refused("baudrate out of range")
        self._check_output(tx)
        if tx == rx or min(txbuf, rxbuf) <= 128 or timeout < 0:
            raise Refused("UART parameters: two pins, buffers over 128 bytes, a timeout of 0 up")
        self._uarts.add(uart)

    def _wdt(self, timeout: int) -> None:
        if not 0 < timeout <= 600_000:
            raise Refused("WDT timeout must be from 1 to 600000 ms")
