"""The backend's questions. Runs on CPython and on MicroPython."""

import asyncio

from tillqr.net.backend import Backend

from tests.support import Counts


class Attempt:
    """An open one that is to be closed."""

    nonce = "000102030405060708090a0b"
    question = "close"
    settled = ""


class Book:
    """It has that attempt, until it is settled."""

    def __init__(self):
        self.attempt = Attempt()

    def to_ask(self):
        return None if self.attempt.settled else self.attempt


class Codes:
    """Makes questions."""

    def question(self, attempt, _):
        return {"verb": attempt.question}


class Wifi:
    address = "192.168.1.17"


class Display:
    def longest_pause(self):
        return 10


class Channel:
    """Has no memory for the first answers; the one after them is a receipt."""

    def __init__(self, book, without):
        self._book = book
        self._without = without
        self.asked = 0

    async def ask(self, nonce, question, _):
        assert (nonce, question) == (Attempt.nonce, {"verb": "close"})
        self.asked += 1
        if self.asked <= self._without:
            raise MemoryError
        self._book.attempt.settled = "closed"
        return True


async def test_a_question_for_whose_answer_there_is_no_memory_is_put_again():
    book, counts = Book(), Counts()
    backend = Backend(Codes(), book, Wifi(), 80, Display(), counts)
    backend.channel = channel = Channel(book, 2)
    task = asyncio.create_task(backend.run())
    for _ in range(200):
        await asyncio.sleep(0.01)
        if book.attempt.settled:
            break
    task.cancel()
    assert channel.asked == 3
    assert counts.names == ["backend_no_memory", "backend_no_memory"]
