"""What can fail at a counter, and how long: each fault begins, lasts, and ends."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from tools.outages.site import Site

Act = Callable[[Site], Coroutine[None, None, None]]
_RESULT_HEAD = 20
"""Bytes of a result's packet, from the broker or a push: a part of it."""
_WITH_BROKER = "is with the broker"


@dataclass(frozen=True)
class Fault:
    """One way to fail."""

    group: str
    """Its class in the table."""
    begin: Act
    end: Act
    seconds: float = 1.5
    """How long it lasts."""
    proxied: bool = False
    """Whether it needs relays."""


async def _nothing(_: Site) -> None:
    """Nothing: the service is back as soon as it has failed."""


# The broker.


async def _kill(site: Site) -> None:
    await site.broker.kill()


async def _restart(site: Site) -> None:
    await site.broker.start()


async def _restart_empty(site: Site) -> None:
    site.broker.forget()
    await site.broker.start()


async def _lose_result(site: Site) -> None:
    """The board hears nothing; the broker takes the result, and has forgotten it when it is back:
    only the board's own question can find out what became of the sale."""
    _freeze_all(site)
    with_broker: list[str] = []
    site.on_event = lambda words: with_broker.append(words) if _WITH_BROKER in words else None
    await site.until(lambda: with_broker)
    await site.broker.kill()


async def _find_broker_empty(site: Site) -> None:
    for relay in site.relays:
        relay.cut()
        relay.thaw()
    await _restart_empty(site)


# Connections.


async def _cut(site: Site) -> None:
    for relay in site.relays:
        relay.cut()


async def _cut_in_result(site: Site) -> None:
    relay = site.relays[-1]  # the broker's, or that of the pushes, which are upwards
    relay.cut_after("down" if site.bench.broker else "up", _RESULT_HEAD)


async def _cut_before_answer(site: Site) -> None:
    """The board has the result; who sent it doesn't know."""
    site.relays[-1].cut_after("up" if site.bench.broker else "down", 0)


def _freeze_all(site: Site) -> None:
    for relay in site.relays:
        relay.freeze()


async def _freeze(site: Site) -> None:
    _freeze_all(site)


async def _thaw(site: Site) -> None:
    for relay in site.relays:
        relay.thaw()


async def _die(site: Site) -> None:
    """As when an access point or a router was replaced: what was connected never hears of it."""
    for relay in site.relays:
        relay.bury()
        relay.freeze()


async def _refuse(site: Site) -> None:
    for relay in site.relays:
        relay.refuse()


async def _accept(site: Site) -> None:
    for relay in site.relays:
        await relay.accept()


# Wi-Fi.


async def _lose_wifi(site: Site) -> None:
    site.bench.board.wifi_on = False
    _freeze_all(site)


async def _lose_wifi_and_connections(site: Site) -> None:
    site.bench.board.wifi_on = False
    await _die(site)


async def _find_wifi(site: Site) -> None:
    site.bench.board.wifi_on = True
    await _thaw(site)


# The backend.


async def _stop_backend(site: Site) -> None:
    await site.bench.stop_backend()


async def _start_backend(site: Site) -> None:
    await site.bench.start_backend()


def _backend_is(**faults: float) -> Act:
    async def begin(site: Site) -> None:
        for name, value in faults.items():
            setattr(site.bench.gateway.faults, name, value)

    return begin


_BACKEND_IS_WELL = _backend_is(slow=0.0, errors=False, garbage=False, silent=False)


def _backend(**faults: float) -> Fault:
    return Fault("backend", _backend_is(**faults), _BACKEND_IS_WELL, 3.0)


FAULTS = {
    "broker-killed": Fault("broker", _kill, _restart),
    "broker-long": Fault("broker", _kill, _restart, 8.0),
    "broker-empty": Fault("broker", _kill, _restart_empty),
    "result-lost": Fault("broker", _lose_result, _find_broker_empty, proxied=True),
    "cut": Fault("cut", _cut, _nothing, 0.0, True),
    "cut-in-result": Fault("cut", _cut_in_result, _nothing, 0.0, True),
    "cut-before-answer": Fault("cut", _cut_before_answer, _nothing, 0.0, True),
    "refused": Fault("cut", _refuse, _accept, proxied=True),
    "frozen": Fault("frozen", _freeze, _thaw, 3.0, True),
    "dead": Fault("frozen", _die, _thaw, 3.0, True),
    "wifi": Fault("wifi", _lose_wifi_and_connections, _find_wifi, 2.0, True),
    "wifi-short": Fault("wifi", _lose_wifi, _find_wifi, 1.0, True),
    "wifi-long": Fault("wifi", _lose_wifi_and_connections, _find_wifi, 8.0, True),
    "stopped": Fault("backend", _stop_backend, _start_backend),
    "slow-4": _backend(slow=4.0),
    "slow-8": _backend(slow=8.0),
    "errors": _backend(errors=True),
    "garbage": _backend(garbage=True),
    "silent": _backend(silent=True),
}
