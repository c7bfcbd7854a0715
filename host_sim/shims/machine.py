"""`machine` of a simulated ESP32: carries bytes and levels to the bench.

Every constructor asks the bench first (host_sim/chip.py), which refuses what the chip would
answer with an exception, a crash or a dead pin; so it is found here.
"""

import asyncio
import io
import os
import select
import sys
import time

from wire import ThreadSafeFlag, connect, receive_into, transmit, wire

asyncio.ThreadSafeFlag = ThreadSafeFlag

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3


_driven = bytearray(b"P\0\0")  # the record of a driven pin: one for all, as it takes memory


class Pin:
    """A GPIO; levels travel to and from the bench."""

    IN = 1
    OUT = 3
    PULL_UP = 2
    PULL_DOWN = 1
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, number, mode=None, pull=None, *, value=None):
        wire().make("pin", number=number, mode=mode, pull=pull, value=value)
        self.number = number
        self._mode = mode
        if value is not None:
            self(value)

    def __call__(self, level=None):
        return self.value(level)

    def value(self, level=None):
        """Read the level, or drive it."""
        if self._mode != (Pin.IN if level is None else Pin.OUT):
            raise ValueError("an output was read, or an input driven")
        if level is None:
            return wire().level(self.number)
        _driven[1], _driven[2] = self.number, 1 if level else 0
        return wire().send(_driven)

    def irq(self, handler, trigger=IRQ_RISING | IRQ_FALLING):
        """Call handler(pin) on edges."""
        if self._mode != Pin.IN:
            raise ValueError("an interrupt needs an input")

        def changed(level):
            if trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
                handler(self)

        wire().on_edge(self.number, changed)


class SPI:
    """An SPI host as controller; what is written goes to the bench, what is read comes from it."""

    MSB = 0
    LSB = 1

    def __init__(
        self, host, baudrate=500_000, *, polarity=0, phase=0, firstbit=MSB, sck, mosi, miso
    ):
        wire().make(
            "spi",
            host=host,
            baudrate=baudrate,
            polarity=polarity,
            phase=phase,
            sck=sck.number,
            mosi=mosi.number,
            miso=miso and miso.number,
            firstbit=firstbit,
        )
        self._head = bytes((83, host))
        self._asks = bytes((88, host))
        self._reads = miso is not None

    def write(self, data):
        """Send bytes."""
        if len(data) < 64:
            wire().send(self._head + len(data).to_bytes(2, "big") + data)
            return
        data = memoryview(data)
        for start in range(0, len(data), 0xFFFF):
            part = data[start : start + 0xFFFF]
            wire().send(self._head + len(part).to_bytes(2, "big"))
            wire().send(part)

    def readinto(self, buffer, write=0):
        """Read bytes while another is sent over and over."""
        self.write_readinto(bytes((write,)) * len(buffer), buffer)

    def write_readinto(self, data, buffer):
        """Send bytes and read as many."""
        if not self._reads:
            raise ValueError("there is no MISO to read from")
        if len(data) != len(buffer):
            raise ValueError("buffers must be the same length")
        asked = self._asks + len(data).to_bytes(2, "big") + data
        buffer[:] = wire().exchange(asked)


class I2C:
    """An I2C bus as controller."""

    def __init__(self, number, *, scl, sda, freq=400_000, timeout=50_000):
        pins = {"scl": scl.number, "sda": sda.number}
        wire().make("i2c", i2c=number, freq=freq, timeout=timeout, **pins)
        self._number = number

    def writeto(self, address, data):
        """Send bytes; raises OSError (ENODEV) if nobody acknowledges them."""
        wire().exchange(self._head(84, address, len(data)) + data)
        return len(data)

    def readfrom_into(self, address, buffer):
        """Read as many bytes as the buffer has; raises OSError (ENODEV) as above."""
        if not len(buffer):
            raise ValueError("nothing to read")
        buffer[:] = wire().exchange(self._head(71, address, len(buffer)))

    def _head(self, kind, address, size):
        if not 0 <= address <= 0x7F:
            raise ValueError("an address has 7 bits")
        return bytes((kind, self._number, address, size >> 8, size & 255))


class PWM:
    """A PWM output; the bench sees the duty."""

    def __init__(self, pin, *, freq, duty_u16):
        wire().make("pwm", pin=pin.number, freq=freq)
        self._number = pin.number
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        """Set the duty, 0 to 65535."""
        if not 0 <= duty <= 65535:
            raise ValueError("duty_u16 must be from 0 to 65535")
        wire().send(bytes((66, self._number)) + duty.to_bytes(2, "big"))


class UART(io.IOBase):
    """A UART; its bytes travel on a connection of their own."""

    def __init__(self, number, baudrate=115200, *, tx, rx, txbuf=256, rxbuf=256, timeout=0):
        settings = {"uart": number, "baud": baudrate, "txbuf": txbuf, "rxbuf": rxbuf}
        wire().make("uart", tx=tx.number, rx=rx.number, timeout=timeout, **settings)
        self._connection = connect(settings)
        self._poll = select.poll()
        self._poll.register(self._connection, select.POLLIN)

    def readinto(self, buffer):
        """Read what there is into buffer; None if nothing."""
        return receive_into(self._connection, buffer)

    def any(self):
        """How many bytes can be read: here only whether there are any."""
        return 1 if self._poll.poll(0) else 0

    def write(self, data):
        """Send bytes."""
        transmit(self._connection, data)
        return len(data)

    def fileno(self):
        """The descriptor that CPython's event loop waits on."""
        return self._connection.fileno()

    def ioctl(self, request, argument):
        """MicroPython's way to wait: MP_STREAM_GET_FILENO."""
        return self._connection.fileno() if request == 10 else -1


class WDT:
    """The watchdog; the bench resets the board when it is not fed."""

    def __init__(self, timeout=5000):
        wire().make("wdt", timeout=timeout)
        wire().send(b"W" + timeout.to_bytes(4, "big"))

    def feed(self):
        """Tell the watchdog that all is well."""
        wire().send(b"F")


class RTC:
    """The chip's clock, and 2,048 bytes that outlive a reset."""

    def datetime(self, moment):
        """Set it: (year, month, day, weekday, hours, minutes, seconds, microseconds), in UTC."""
        wire().ask({"rtc": "datetime", "with": moment})

    def memory(self, data=None):
        """The bytes that were stored last, none after a power cut; or store others. Raises
        ValueError if they are too many."""
        stored = wire().ask({"rtc": "memory", "with": data if data is None else bytes(data).hex()})
        return bytes.fromhex(stored) if data is None else None


def unique_id():
    """The chip's six bytes."""
    return bytes.fromhex(os.getenv("TILLQR_SERIAL"))


def reset_cause():
    """Why the board started."""
    return int(os.getenv("TILLQR_RESET_CAUSE"))


def reset():
    """End this run; the bench starts the next."""
    if os.getenv("TILLQR_CONSOLE"):  # with a prompt behind it, an exit would only lead there
        wire().send(b"R")
        while True:
            time.sleep(1)
    sys.exit(3)
