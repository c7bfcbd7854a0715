"""The watchdog is fed only while each task gets on; why the board restarted is told afterwards."""

import asyncio

from tillqr.board.aftermath import recall
from tillqr.board.counters import Counters
from tillqr.board.supervisor import Supervisor


class Watch:
    """What the supervisor tells."""

    def __init__(self):
        self.fed = 0
        self.faults = []

    def feed(self):
        self.fed += 1

    def fault(self, name, why):
        self.faults.append((name, why))


async def turns():
    while True:
        await asyncio.sleep_ms(10)


async def waits():
    await asyncio.Event().wait()


async def ends():
    await asyncio.sleep_ms(10)


async def fails():
    await asyncio.sleep_ms(10)
    raise ValueError("on purpose")


async def watched(seconds, *tasks):
    """What is told of tasks in so many seconds."""
    watch = Watch()
    supervisor = Supervisor(watch.feed, watch.fault)
    for task in tasks:
        supervisor.add(*task)
    run = asyncio.create_task(supervisor.run())
    await asyncio.sleep_ms(int(seconds * 1000))
    run.cancel()
    return watch


async def test_all_is_well():
    watch = await watched(2.2, ("a", turns(), None, 1), ("b", waits(), lambda: False, 1))
    assert watch.faults == [] and watch.fed == 5


async def test_what_ends_or_fails_is_a_fault_and_starves_the_watchdog():
    for task, why in ((ends, "ended"), (fails, "ValueError")):
        watch = await watched(1.2, ("a", turns()), ("b", task()))
        assert watch.faults == [("b", why)] and watch.fed == 1


async def test_what_owes_something_and_has_no_turn_is_stuck():
    owed = [False]
    watch = Watch()
    supervisor = Supervisor(watch.feed, watch.fault)
    supervisor.add("a", turns())
    supervisor.add("b", waits(), lambda: owed[0], 1)
    run = asyncio.create_task(supervisor.run())
    await asyncio.sleep_ms(1700)
    assert watch.faults == [] and watch.fed == 4
    owed[0] = True
    await asyncio.sleep_ms(1700)
    run.cancel()
    assert watch.faults == [("b", "stuck")]
    assert watch.fed in (5, 6, 7)


def test_reason_and_counters_outlive_a_reset():
    counters = Counters()
    assert recall(b'panel OSError\n{"link_repeated": 2}', counters, True) == "panel OSError"
    counters.add("link_repeated")
    assert counters.report(100) == {"link_repeated": 3}
    assert recall(b"\n{}", Counters(), False) == ""


def test_a_bite_that_nobody_announced_is_the_watchdogs():
    assert recall(b"", Counters(), True) == recall(b"\n{}", Counters(), True) == "watchdog"


def test_what_is_not_ours_in_that_memory_is_nothing():
    for data in (b"x", b"\xff" * 2048, b"x\n[]", b'x\n{"a": "b"}', b"\xff\n{}", b'x\n{"a": -1}'):
        counters = Counters()
        assert recall(data, counters, False) == ""
        assert counters.report(100) == {}
