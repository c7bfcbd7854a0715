"""Lays the virtual time below everything; to be imported before asyncio is."""

import sys

import vfs

from tools.faults.counter import tasks
from tools.faults.counter.agenda import Agenda, Time

agenda = Agenda()
"""The one agenda of this process."""


def prepare():
    """Replace the clock and asyncio's queue; move the PC's files below /host0 and so on, as / is
    the board's."""
    sys.modules["time"] = Time(agenda)
    sys.modules["_asyncio"] = tasks
    import asyncio

    tasks.core = asyncio.core
    places = [place for place in sys.path if place and place[0] != "."]
    hosts = [vfs.VfsPosix(place) for place in places]
    sys.path[:] = [".frozen"]
    for number, host in enumerate(hosts):
        vfs.mount(host, "/host{}".format(number))
        sys.path.append("/host{}".format(number))
