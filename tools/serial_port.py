"""Opening a serial port, with words that say what to do when it can't be."""

import errno
import sys

import serial

_BOARD = "board, such as PORT=/dev/ttyUSB0"


class PortError(RuntimeError):
    """The port can't be opened; the text says why, and what to do."""


def open_port(name: str, baud: int = 115200, till: bool = False) -> serial.Serial:
    """Open a port for this program alone; raises PortError.

    till: it is to be the till line's adapter, and not the board's own USB port, for the words.
    """
    if not name:
        what = "till line's adapter, such as PORT=/dev/ttyUSB1" if till else _BOARD
        raise PortError(f"name the port of the {what}. {_ports()}")
    try:
        return serial.serial_for_url(name, baud, exclusive=True, timeout=0.1)
    except (OSError, ValueError) as error:
        raise PortError(_words(name, error, "till line's adapter" if till else "board")) from None


def _words(name: str, error: Exception, what: str) -> str:
    """pyserial gives the system's error number, and on Windows only its text."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or "FileNotFound" in str(error):
        return f"there is no serial port {name}: is the {what} plugged in? {_ports()}"
    windows = sys.platform == "win32"
    if number in (errno.EACCES, errno.EPERM) and not windows:
        return (
            f"no permission to open {name}: join the group that may use serial ports "
            "(Debian: sudo usermod -a -G dialout $USER), then log out and in again"
        )
    if number in (errno.EBUSY, errno.EAGAIN) or (windows and "PermissionError" in str(error)):
        return f"{name} is in use by another program: close it (a terminal, a register) first"
    return f"can't open the serial port {name}: {error}"


def _ports() -> str:
    from serial.tools.list_ports import comports

    found = ", ".join(sorted(port.device for port in comports()))
    return f"Ports on this machine: {found or 'none'}."
