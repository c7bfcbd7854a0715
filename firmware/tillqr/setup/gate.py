"""The gate of the set-up page: a PIN that only the panel shows. Pure; chance and time are passed
in.

After five wrong PINs there is another, and no try for half a minute: whoever can't see the panel
needs two months for a million of them.
"""

from micropython import const

from tillqr.ticks import since

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

_PINS = const(1_000_000)
_DIGITS = const(6)
_TRIES = const(5)
_PAUSE_MS = const(30_000)


class GateState:
    """What lasts; it has no functions, so that this module can be let go."""

    pin = ""
    """Six digits, for the panel only."""
    wrong = 0
    shut = False
    shut_at = 0


def renew(state: GateState, random: "Callable[[int], bytes]") -> None:
    """Make another PIN; random(size) gives random bytes."""
    number = int.from_bytes(random(8), "big") % _PINS
    state.pin = "{:06d}".format(number)
    state.wrong = 0


def wait_ms(state: GateState, now: int) -> int:
    """Milliseconds until a PIN is looked at again; 0: now. now: a counter that wraps at 2**30,
    as MicroPython's ticks do."""
    if state.shut:
        gone = since(now, state.shut_at)
        if 0 <= gone < _PAUSE_MS:
            return _PAUSE_MS - gone
        state.shut = False
    return 0


def opens(state: GateState, pin: str, now: int, random: "Callable[[int], bytes]") -> bool:
    """Whether this is the PIN; takes the same time wherever it differs."""
    if wait_ms(state, now):
        return False
    given, wanted = pin.encode(), state.pin.encode()
    difference = len(given) ^ _DIGITS
    for index in range(_DIGITS):
        difference |= wanted[index] ^ (given[index] if index < len(given) else 0)
    if difference == 0:
        state.wrong = 0
        return True
    state.wrong += 1
    if state.wrong >= _TRIES:
        renew(state, random)
        state.shut, state.shut_at = True, now
    return False
