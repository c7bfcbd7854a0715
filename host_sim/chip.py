"""What the chips can do and what they refuse: pins, speeds and modes.

The one place of these facts: the simulator's chip refuses by them what the chip would answer with
an exception, a crash or a dead pin, and tools/boards.py checks a board's profile by them. They are
the datasheets' (ESP32 v4, table 1-2 and section 2), ESP-IDF's (soc/spi_pins.h, spi_hal.c and the
guides to GPIO and to the SPI master), esptool's (guide to boot modes: strapping pins) and
MicroPython's (ports/esp32: machine_hw_spi.c, machine_i2c.c, machine_pin.h, machine_uart.c).
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_OUT = 3
_PLAIN = frozenset(("sck", "mosi", "dc"))
"""Lines of a panel that its module leaves alone: they are inputs without a resistor."""
_ANY_LINE = _PLAIN | {"cs", "reset", "backlight", "tx", "rx"}
"""Every line but a key; at power-on a module may pull some of them up, and a register's RX is
high."""


class Refused(ValueError):
    """The chip would not do that; the text says why."""


@dataclass(frozen=True)
class Strap:
    """A strapping pin: its level at power-on decides something."""

    decides: str
    uses: frozenset[str]
    """What may hang on it: names as in a board's profile, "key", "tx" and "rx"."""


@dataclass(frozen=True)
class Facts:
    """What a chip is, as its image of MicroPython offers it."""

    pins: frozenset[int]
    input_only: frozenset[int]
    """Pins that drive nothing and have no pull resistor."""
    taken: Mapping[int, str]
    """Pins that exist but are in use, and by what."""
    straps: Mapping[int, Strap]
    spi: Mapping[int, tuple[int, int] | None]
    """machine.SPI's hosts, each with its own (IO_MUX) pins SCK and MOSI, if it has some."""
    own_baud: int
    """Hz at most on a host's own pins."""
    matrix_baud: int
    """Hz at most on other pins, which the GPIO matrix joins."""
    uarts: frozenset[int]
    """UARTs beside the console's."""
    i2cs: frozenset[int] = frozenset((0, 1))
    """machine.I2C's controllers; each takes any two pins that can be outputs."""
    i2c_baud: int = 400_000
    """Hz at most: fast mode (ESP32 technical reference manual, 11.1)."""

    def pin_fault(self, pin: int) -> str | None:
        """Why a pin can't be used at all, or None."""
        if pin not in self.pins:
            return f"pin {pin} doesn't exist"
        return f"pin {pin} {self.taken[pin]}" if pin in self.taken else None

    def output_fault(self, pin: int) -> str | None:
        """Why a pin can't be an output, or None."""
        return f"pin {pin} can only be an input" if pin in self.input_only else None

    def pull_fault(self, pin: int) -> str | None:
        """Why a pin can't be pulled up by the chip, or None."""
        return f"pin {pin} has no pull resistor" if pin in self.input_only else None

    def most_baud(self, host: int, sck: int, mosi: int) -> int:
        """The most that two pins can do on an SPI host, in Hz."""
        return self.own_baud if self.spi[host] == (sck, mosi) else self.matrix_baud


def _taken(*groups: tuple[range | tuple[int, ...], str]) -> dict[int, str]:
    return {pin: why for pins, why in groups for pin in pins}


_STARTS = Strap(
    "whether the chip starts its program, or waits to be flashed (low)",
    # A board's own boot button hangs here: pressed at power-on, the next power-on mends it.
    # Anything else that is low at that moment would leave the display dead.
    frozenset(("key",)),
)

ESP32 = Facts(
    # The ESP32-PICO-V3's pin 20 is on no board that is known here.
    pins=frozenset(range(40)) - {20, 24, 28, 29, 30, 31},
    input_only=frozenset(range(34, 40)),
    # 16 and 17 are the PSRAM's on WROVER modules; the image without PSRAM, which is the one that is
    # used here, leaves them to those that have a WROOM module.
    taken=_taken(
        (range(6, 12), "is in use: it joins the flash"),
        ((1, 3), "is in use: the console (UART0) and flashing need it"),
    ),
    straps={
        0: _STARTS,
        2: Strap("whether the chip can be flashed (it must not be high)", _PLAIN),
        # Times the SDIO slave, which isn't used: whatever its level is, the chip starts.
        5: Strap("the timing of SDIO", _ANY_LINE),
        12: Strap("the flash's voltage (high: 1.8 V, and usual chips don't start)", frozenset()),
        15: Strap("whether the chip's ROM says what it does when it starts", _ANY_LINE),
    },
    spi={1: (14, 13), 2: (18, 23)},
    own_baud=80_000_000,
    # Above this the driver refuses the bus, MicroPython doesn't notice, and the first write
    # crashes the chip.
    matrix_baud=26_666_666,
    uarts=frozenset((1, 2)),
)

ESP32S3 = Facts(
    pins=frozenset(range(49)) - {22, 23, 24, 25},
    input_only=frozenset(),
    taken=_taken(
        (range(26, 33), "is in use: it joins the flash or the PSRAM"),
        # A profile doesn't say which module a board has, and many are sold with octal PSRAM.
        (range(33, 38), "is in use on modules with octal flash or PSRAM"),
        ((19, 20), "is in use: it is the USB port, with the console"),
        ((43, 44), "is in use: the console (UART0) and flashing need it"),
    ),
    straps={
        0: _STARTS,
        # Read only if an eFuse was burnt that says so.
        3: Strap("where JTAG comes from", _ANY_LINE),
        45: Strap("the flash's voltage (high: 1.8 V, and usual chips don't start)", frozenset()),
        46: Strap("whether the chip can be flashed (it must not be high)", _PLAIN),
    },
    spi={1: (12, 11), 2: None},
    own_baud=80_000_000,
    # ESP-IDF's driver checks nothing on this chip and its guide says that the matrix does as well
    # as IO_MUX up to 80 MHz; half of that is left as a margin, as no such board was measured.
    matrix_baud=40_000_000,
    uarts=frozenset((1, 2)),
)

CHIPS = {"esp32": ESP32, "esp32s3": ESP32S3}
"""The chips by their name in a board's profile, which is esptool's."""


class Chip:
    """One chip, and which of its parts are in use."""

    def __init__(self, name: str) -> None:
        """name: a key of CHIPS; raises Refused."""
        if name not in CHIPS:
            raise Refused(f"there is no chip {name!r}; known: {', '.join(sorted(CHIPS))}")
        self._facts = CHIPS[name]
        self._made: dict[str, Callable[..., None]] = {
            "pin": self._pin,
            "spi": self._spi,
            "pwm": self._pwm,
            "uart": self._uart,
            "i2c": self._i2c,
            "wdt": self._wdt,
        }
        self._uarts: set[int] = set()
        self._i2cs: set[int] = set()

    def make(self, kind: str, **arguments: int | None) -> None:
        """A constructor of `machine` was called; raises Refused."""
        self._made[kind](**arguments)

    @staticmethod
    def _refuse(fault: str | None) -> None:
        if fault:
            raise Refused(fault)

    def _pin(self, number: object, mode: int | None, pull: int | None, value: object) -> None:
        if type(number) is not int:
            raise Refused("invalid pin")
        self._refuse(self._facts.pin_fault(number))
        if mode == _OUT:
            self._refuse(self._facts.output_fault(number))
        elif value is not None:
            raise Refused("only an output has a value to start with")
        if pull is not None:
            self._refuse(self._facts.pull_fault(number))

    def _spi(
        self,
        host: int,
        baudrate: int,
        polarity: int,
        phase: int,
        sck: int,
        mosi: int,
        miso: int | None = None,
        firstbit: int = 0,
    ) -> None:
        if host not in self._facts.spi:
            raise Refused(f"SPI({host}) doesn't exist")
        if polarity not in (0, 1) or phase not in (0, 1):
            raise Refused("polarity and phase are 0 or 1")
        if firstbit not in (0, 1):
            raise Refused("firstbit is MSB or LSB")
        if miso is not None:
            self._refuse(self._facts.pin_fault(miso))
            if miso in (sck, mosi):
                raise Refused("MISO needs a pin of its own")
        self._refuse(self._facts.output_fault(sck))
        self._refuse(self._facts.output_fault(mosi))
        most = self._facts.most_baud(host, sck, mosi)
        if not 0 < baudrate <= most:
            raise Refused(
                f"{baudrate} Hz is more than pins {sck} and {mosi} of SPI({host}) can do "
                f"({most}): the chip would crash at the first write, or the panel see noise"
            )

    def _pwm(self, pin: int, freq: int) -> None:
        self._refuse(self._facts.output_fault(pin))
        if not 1 <= freq <= 40_000_000:
            raise Refused("freq must be from 1 to 40000000")

    def _uart(
        self, uart: int, baud: int, tx: int, rx: int, txbuf: int, rxbuf: int, timeout: int
    ) -> None:
        if uart not in self._facts.uarts:
            raise Refused(f"UART({uart}) is the console or doesn't exist")
        if uart in self._uarts:
            raise Refused(f"UART({uart}) is in use")
        if not 300 <= baud <= 5_000_000:
            raise Refused("baudrate out of range")
        self._refuse(self._facts.output_fault(tx))
        if tx == rx or min(txbuf, rxbuf) <= 128 or timeout < 0:
            raise Refused("UART parameters: two pins, buffers over 128 bytes, a timeout of 0 up")
        self._uarts.add(uart)

    def _i2c(self, i2c: int, scl: int, sda: int, freq: int, timeout: int) -> None:
        if i2c not in self._facts.i2cs:
            raise Refused(f"I2C({i2c}) doesn't exist")
        if i2c in self._i2cs:
            raise Refused(f"I2C({i2c}) is in use")
        for pin in (scl, sda):
            self._refuse(self._facts.pin_fault(pin))
            self._refuse(self._facts.output_fault(pin))
        if scl == sda:
            raise Refused("SCL and SDA need two pins")
        if not 0 < freq <= self._facts.i2c_baud:
            raise Refused(f"freq must be from 1 to {self._facts.i2c_baud}")
        if timeout <= 0:
            raise Refused("the clock may be held for some microseconds")
        self._i2cs.add(i2c)

    def _wdt(self, timeout: int) -> None:
        if not 0 < timeout <= 600_000:
            raise Refused("WDT timeout must be from 1 to 600000 ms")


def moment(values: Sequence[int]) -> tuple[int, ...]:
    """What the chip's clock is set to: (year, month, day, weekday, hours, minutes, seconds,
    microseconds). The chip takes any eight numbers; what is no date or time is refused here."""
    if len(values) != 8:
        raise Refused(f"requested length 8 but object has length {len(values)}")
    year, month, day, weekday, hours, minutes, seconds, microseconds = values
    try:
        datetime.datetime(year, month, day, hours, minutes, seconds, microseconds)
    except (TypeError, ValueError) as wrong:
        raise Refused(f"there is no such moment: {wrong}") from None
    if not 2000 <= year <= 2099 or not 0 <= weekday <= 6:
        raise Refused("there is no such moment on the chip")
    return tuple(values)
