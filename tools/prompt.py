"""A board's prompt: MicroPython's raw REPL on the console, through mpremote's transport."""

import contextlib
from collections.abc import Iterator

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from tools.serial_port import PortError, open_port

_SECONDS = 10


class Locked(RuntimeError):
    """The board gives no prompt; the text says how to get one."""


@contextlib.contextmanager
def at_prompt(port: str) -> Iterator[SerialTransport]:
    """The board at its raw prompt; raises Locked or PortError."""
    open_port(port).close()  # its words are better than mpremote's
    try:
        board = SerialTransport(port, timeout=_SECONDS)
    except (TransportError, OSError) as error:
        raise PortError(f"can't open {port}: {error}") from None
    try:
        with contextlib.redirect_stdout(None):  # it prints what it heard
            board.enter_raw_repl(soft_reset=False, timeout_overall=_SECONDS)
    except (TransportError, OSError):
        board.serial.close()
        raise Locked(
            f"the board on {port} gives no prompt: its console is locked while it works. Press "
            "RESET, hold the QR key as soon as the panel says that it is starting, until it says "
            "something else, and run this again."
        ) from None
    try:
        yield board
    finally:
        with contextlib.suppress(OSError):
            board.close()
