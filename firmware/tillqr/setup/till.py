"""The till link in set-up mode: it says why, and takes PROVISION (PROTOCOL.md, 10).

A display that runs has no use for that message, so it is added to the table of messages where it
is: in set-up mode and on the PC.
"""

from micropython import const

from tillqr import __version__
from tillqr.till import message

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

PROVISION = const(9)
SETUP = "setup"
"""The state that INFO names, and the reason for which other messages are refused."""


def add() -> None:
    """Have message.parse let PROVISION through."""
    message.FIELDS[PROVISION] = "settings? counters 0 40,secrets? counters 0 40,ca? counters 0 3"


def carry_out(kind: int, content: dict, store: "Callable[[dict], str]") -> bool:
    """Carry out a message; whether it asks for INFO. Raises message.Refusal.

    store(document) stores one: "", or what is wrong with it; it raises OSError.
    """
    if kind in (message.CART, message.PAY, message.CANCEL):
        raise message.Refusal(SETUP)
    if kind == PROVISION:
        try:
            wrong = store(content)
        except OSError:
            raise message.Refusal("storage") from None
        if wrong:
            raise message.Refusal("field", wrong)
        return False
    if kind not in (message.HELLO, message.QUERY):
        raise message.Refusal("type", message.name_of(kind))
    return True


def info(boot: str, serial: str, known: dict, counters: dict, reason: str) -> dict:
    """The INFO message. known: the settings that are there; reason: what the board lacks."""
    return {
        "protocol": message.PROTOCOL,
        "boot": boot,
        "device": known.get("device", "-"),
        "firmware": __version__,
        "serial": serial,
        "shop": known.get("shop", ""),
        "state": SETUP,
        "network": "",
        "lacks": SETUP,
        "trouble": "",
        "counters": counters,
        "reason": reason,
    }
