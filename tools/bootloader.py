"""A board's flash, through the chip maker's own tool (esptool), with words for a technician.

What goes wrong before the flash is erased leaves the board as it was; what goes wrong after
leaves it without firmware, and the two are different errors.
"""

import contextlib
import sys
from collections.abc import Iterator
from types import TracebackType

import serial
from esptool import cmds
from esptool.loader import ESPLoader
from esptool.logger import EsptoolLogger, TemplateLogger
from esptool.util import FatalError, flash_size_bytes, strip_chip_name

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

_CONNECT_ATTEMPTS = 3
# pyserial lets termios' own error through when a port is gone.
_PORT_ERRORS = (OSError, termios.error) if termios else (OSError,)
_MISMATCHES = ("MD5 of file", "written flash region is empty")
_STEPS = 10  # lines of progress where there is no terminal


class Untouched(RuntimeError):
    """The board was left as it was; the text says why."""


class Unusable(RuntimeError):
    """The board was erased and is not whole; the text says why, and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(
            f"{words}\nThe board can't be used until it is flashed again. "
            "To run the same command again is safe."
        )


class Bootloader:
    """A chip in its bootloader; leaving the context starts what is in its flash."""

    def __init__(self, port: serial.Serial) -> None:
        """Reset the chip into its bootloader; raises Untouched."""
        EsptoolLogger().set_logger(_Words())
        self._port = port
        try:
            self._chip = cmds.detect_chip(port, connect_attempts=_CONNECT_ATTEMPTS)
            self.name = strip_chip_name(self._chip.CHIP_NAME)
            """As profiles have it: esp32, esp32s3."""
        except FatalError:
            raise Untouched(
                f"no chip answers on {port.port}. Is it the board's port, and does the cable carry "
                "data? If so, hold the board's BOOT button, press RESET, let BOOT go, and run "
                "this again."
            ) from None
        except _PORT_ERRORS as error:
            raise Untouched(f"{port.port} went away: is the cable loose? ({error})") from None

    def __enter__(self) -> "Bootloader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(FatalError, *_PORT_ERRORS):
            self._port.baudrate = ESPLoader.ESP_ROM_BAUD
            self._chip.hard_reset()

    def prepare(self, baud: int) -> int:
        """Load esptool's flasher into the chip's RAM; return the flash's size in bytes.

        Raises Untouched.
        """
        with self._explained(Untouched):
            if self._chip.secure_download_mode or self._is_locked():
                raise Untouched("the chip has flash encryption or secure boot: it isn't touched")
            self._chip = cmds.run_stub(self._chip)
            if baud != ESPLoader.ESP_ROM_BAUD:
                self._chip.change_baud(baud)
            cmds.attach_flash(self._chip)
            size = flash_size_bytes(cmds.detect_flash_size(self._chip))
        if not size:
            raise Untouched("the size of the board's flash can't be read")
        return int(size)

    def write(self, pieces: list[tuple[int, bytes]]) -> None:
        """Erase the whole flash, write (offset, bytes), and compare; raises Unusable."""
        with self._explained(Unusable):
            print("erasing the flash ...", flush=True)
            cmds.erase_flash(self._chip)
            for offset, data in pieces:
                print(f"writing {len(data):,} bytes at {offset:#x}", flush=True)
                cmds.write_flash(self._chip, [(offset, data)])

    def _is_locked(self) -> bool:
        return bool(
            self._chip.get_flash_encryption_enabled() or self._chip.get_secure_boot_enabled()
        )

    @contextlib.contextmanager
    def _explained(self, kind: type[RuntimeError]) -> Iterator[None]:
        """Raise what esptool and the port raise as `kind`, with plain words."""
        try:
            yield
        except FatalError as error:
            words = str(error).strip()
            if any(mismatch in words for mismatch in _MISMATCHES):
                raise kind(
                    "verification failed: the flash does not hold what was written. Try a shorter "
                    "cable and BAUD=115200; if it fails again, the board's flash is worn out or "
                    f"broken. (esptool: {words})"
                ) from None
            raise kind(f"the chip stopped answering: is the cable loose? ({words})") from None
        except _PORT_ERRORS as error:
            port = self._port.port
            raise kind(f"{port} went away: was the cable pulled? ({error})") from None
        except KeyboardInterrupt:
            raise kind("interrupted.") from None


class _Words(TemplateLogger):
    """What of esptool's words is shown: progress and warnings."""

    def __init__(self) -> None:
        self._shown = -1

    def print(self, *args: object, **_: object) -> None:
        """Nothing but why it takes long: this tool says the rest in its own words."""
        if any("Lost connection" in str(words) for words in args):
            print("the port went away; waiting for it to come back ...", flush=True)

    def note(self, message: str) -> None:
        """Nothing."""

    def stage(self, finish: bool = False) -> None:
        """Nothing."""

    def set_verbosity(self, verbosity: str) -> None:
        """Nothing."""

    def warning(self, message: str) -> None:
        """Nothing: what matters comes as an error."""

    def error(self, message: str) -> None:
        """Show an error."""
        print(f"esptool: {message}", file=sys.stderr)

    def progress_bar(
        self,
        cur_iter: int,
        total_iters: int,
        prefix: str = "",
        suffix: str = "",
        bar_length: int = 30,
    ) -> None:
        """Show how much is done: in place on a terminal, else a line every tenth."""
        del prefix, suffix, bar_length
        done = 100 * cur_iter // total_iters
        if sys.stdout.isatty():
            print(f"\r  {done:3} %", end="\n" if cur_iter == total_iters else "", flush=True)
        elif (step := done * _STEPS // 100) != self._shown:
            self._shown = step
            print(f"  {done:3} %", flush=True)
