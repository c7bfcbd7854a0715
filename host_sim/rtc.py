"""A board's RTC: the clock, and memory that outlives a reset but no power cut.

MicroPython's ports/esp32/machine_rtc.c keeps 2,048 bytes for the firmware in RTC memory that
nothing clears at a start (RTC_NOINIT_ATTR); after a power cut its mark is gone, and it is empty.
"""

from host_sim import chip

MEMORY_SIZE = 2048


class Rtc:
    """Carries out what `machine.RTC` asks for."""

    def __init__(self) -> None:
        self.clock_set: tuple[int, ...] | None = None
        """What the firmware set the clock to since it started."""
        self.memory = b""

    def start(self, powered_on: bool) -> None:
        """The chip starts: after the power came on, or after a reset."""
        self.clock_set = None
        if powered_on:
            self.memory = b""

    def answer(self, verb: str, value: list[int] | str | None) -> str | None:
        """Carry out one call; raises chip.Refused. Memory travels as hexadecimal digits."""
        if verb == "datetime":
            assert isinstance(value, list)
            self.clock_set = chip.moment(value)
        elif value is None:
            return self.memory.hex()
        else:
            assert isinstance(value, str)
            self._store(bytes.fromhex(value))
        return None

    def _store(self, memory: bytes) -> None:
        if len(memory) > MEMORY_SIZE:
            raise chip.Refused("buffer too long")
        self.memory = memory
