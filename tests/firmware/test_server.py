"""A server that is reached by TLS, on a chip whose memory is short. On both runtimes."""

import asyncio
import sys

from tillqr.net.server import Server

ROOM = "tillqr.net.tls_room"


class Told:
    """What was told of a fault."""

    def __init__(self):
        self.words = []

    def __call__(self, name, why):
        self.words.append(name + " " + why)


class Secure:
    """A context of TLS, with which no session begins."""

    def wrap_socket(self, *_, **__):
        raise OSError(5)


class Room:
    """In the module's place: says what a script says."""

    def __init__(self, script):
        self.script = script
        self.asked = 0

    def is_there(self):
        self.asked += 1
        return self.script.pop(0)


def restarts(script):
    """How often the board was to start anew, and how each try to reach a server ended."""
    room, found, ends = Room(script), [], []
    told = Told()

    def reset():
        assert told.words == ["channel memory"] * (len(found) + 1)
        found.append(room.asked)

    server = Server("mqtts://127.0.0.1:1", 8883, None, Secure(), told, reset)

    async def run():
        while room.script:
            sys.modules[ROOM] = room  # it is unloaded each time
            try:
                await server.open()
            except OSError as error:
                ends.append(server.trouble(error))

    asyncio.run(run())
    return found, ends


def test_a_board_that_had_the_memory_once_starts_anew_to_have_it_again():
    found, ends = restarts([True, False, False, True, False, False, False])
    assert found == [7], "it is short three times in a row"
    assert ends[1] == "no_memory" and ends[0] == ends[3] == ""


def test_a_board_that_never_had_it_does_not_start_anew_for_ever():
    found, ends = restarts([False] * 9)
    assert (found, ends) == ([], ["no_memory"] * 9)
