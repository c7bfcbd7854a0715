"""The card reader's task: what becomes of a card that is held to it. On both runtimes."""

import asyncio

from tillqr.nfc.pn532 import CardError, ReaderError
from tillqr.nfc.taps import Taps
from tillqr.sale.mac import Key

from tests.support import Counts

KEY = Key(bytes(range(32)), 1)
FCI = b"\x6f\x00"
PPSE = bytes.fromhex("6f13a511bf0c0e610c4f07a0000000041010870101")


class Target:
    technology = "A"
    sak = 0x20
    iso_dep = True
    identifier = b"\x08\x01\x02\x03"


class Reader:
    """A bank card is held to it as long as `cards` says; it says what `script` has."""

    def __init__(self, *script):
        self.cards = []
        self.script = list(script)
        self.commands = []
        self.resting = 0
        self.absent = False

    async def start(self):
        if self.absent:
            raise ReaderError("reader_absent")

    async def find(self):
        if self.absent:
            raise ReaderError("reader_absent")
        return list(self.cards)

    async def exchange(self, data, _):
        self.commands.append(bytes(data))
        if bytes(data[:4]) == b"\x00\xa4\x04\x00":
            return (PPSE if b"2PAY" in data else FCI) + b"\x90\x00"
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def release(self):
        pass

    def contact(self):
        return self

    async def rest(self):
        self.resting += 1


class Attempt:
    nonce = "000102030405060708090a0b"


class Till:
    """Takes cards until it has one."""

    def __init__(self):
        self.state = "tap"
        self.begun = 0

    def takes_cards(self):
        return self.state in ("tap", "again")

    def attempt(self):
        return Attempt if self.state == "card" else None

    def holds(self, attempt):
        return self.state == "card" and attempt is Attempt


class Display:
    """Carries events to that till."""

    def __init__(self):
        self.till = Till()
        self.still = False
        self.said = []
        self.reader = []

    def happen(self, event, reason=None):
        assert not self.still, "it can be drawn"
        if event == "card":
            self.till.begun += 1
            self.till.state = "card"
        elif event == "again":
            self.said.append(reason)
            self.till.state = "again"
        else:
            self.said.append(event)

    async def stand_still(self):
        self.still = True

    def move_on(self):
        self.still = False

    def reader_is(self, name):
        self.reader.append(name)


class Channel:
    """Has each word answered by the next of a script: (verb, data), None, or a function."""

    def __init__(self, backend):
        self._backend = backend
        self.ended = 0

    async def ask(self, attempt, word, more):
        assert attempt == Attempt.nonce and more
        backend = self._backend
        backend.words.append((word["step"], word["verb"]))
        answer = backend.script.pop(0) if backend.script else None
        if callable(answer):
            answer = answer()
        elif answer is not None:
            answer = signed(word, *answer)
        backend.word = answer
        return answer is not None

    async def let_go(self):
        self.ended += 1


class Backend:
    """What the display has of it."""

    def __init__(self, *script):
        self.script = list(script)
        self.words = []
        self.word = None
        self.channel = Channel(self)

    def code(self, _):
        return "CODE"

    async def put(self, attempt, word, more):
        return await self.channel.ask(attempt.nonce, word, more)


def signed(word, verb, data):
    """The backend's word, from the text of PROTOCOL.md, 14."""
    import binascii

    under = b"tillqr tap" + bytes((1, word["step"]))
    for part in ("backend", word["attempt"], word["tap"], verb):
        under += bytes((len(part),)) + part.encode()
    under += len(data).to_bytes(2, "big") + data
    return {
        "attempt": word["attempt"],
        "tap": word["tap"],
        "step": word["step"],
        "verb": verb,
        "data": binascii.b2a_base64(data).decode().strip(),
        "key": 1,
        "mac": KEY.mac(under).hex(),
    }


async def run(reader, display, backend, until, counts=None):
    """Run the task until something holds."""
    taps = Taps(reader, display.till, display, backend, [KEY], counts or Counts())
    task = asyncio.create_task(taps.run())
    for _ in range(300):
        await asyncio.sleep(0.01)
        if until():
            break
    task.cancel()
    assert until()


def here():
    """A card on the reader."""
    return [Target()]


async def test_a_card_is_asked_what_the_backend_asks():
    reader = Reader(b"\x77\x00\x90\x00", b"\x6a\x83")
    display = Display()
    backend = Backend(("apdu", b"\x80\xa8"), ("apdu", b"\x00\xb2"), ("wait", b""))
    reader.cards = here()
    await run(reader, display, backend, lambda: display.said)
    assert reader.commands[2:] == [b"\x80\xa8", b"\x00\xb2"]
    assert backend.words == [(0, "emv"), (1, "answer"), (2, "answer")]
    assert (display.said, backend.channel.ended) == (["card_done"], 1)


async def test_nothing_is_drawn_while_a_card_is_dealt_with():
    reader = Reader(b"\x90\x00")
    display = Display()
    seen = []

    def answer():
        seen.append(display.still)
        return {}

    exchange = reader.exchange

    async def exchanged(data, milliseconds):
        seen.append(display.still)
        return await exchange(data, milliseconds)

    reader.exchange = exchanged
    backend = Backend(answer, ("apdu", b"\x80\xa8"), ("wait", b""))
    reader.cards = here()
    await run(reader, display, backend, lambda: display.said)
    assert seen == [True] * len(seen) and len(seen) > 3
    assert not display.still


async def test_a_word_without_an_answer_is_said_again_and_no_card_is_asked_twice():
    reader = Reader(b"\x90\x00")
    display = Display()
    counts = Counts()
    apdu = ("apdu", b"\x80\xa8")
    forged = lambda: {"tap": 1}  # noqa: E731
    backend = Backend(None, apdu, None, forged, ("wait", b""))
    reader.cards = here()
    await run(reader, display, backend, lambda: display.said, counts)
    assert backend.words == [(0, "emv"), (0, "emv"), (1, "answer"), (1, "answer"), (1, "answer")]
    assert reader.commands.count(b"\x80\xa8") == 1
    assert counts.names == ["tap_malformed"]


async def test_a_card_that_leaves_costs_nothing_and_may_be_held_again():
    reader = Reader(CardError("card_gone"), ReaderError("reader_reset"))
    display = Display()
    again = ("again", b"card_gone")
    backend = Backend(("apdu", b"\x80\xa8"), again, ("apdu", b"\x80\xa8"), again)
    reader.cards = here()
    await run(reader, display, backend, lambda: display.said)
    assert backend.words == [(0, "emv"), (1, "gone")]
    reader.cards = []

    async def hold():
        await asyncio.sleep(0.2)
        reader.cards = here()

    task = asyncio.create_task(hold())
    await run(reader, display, backend, lambda: len(display.said) == 2)
    await task
    assert (display.said, display.till.begun) == (["card_gone", "card_gone"], 2)


async def test_a_card_that_stays_pays_once():
    reader = Reader()
    display = Display()
    backend = Backend(("wait", b""))
    reader.cards = here()

    def next_sale():
        if display.said == ["card_done"]:
            display.till.state = "tap"
        return display.till.begun > 1

    task = asyncio.create_task(run(reader, display, backend, next_sale))
    await asyncio.sleep(1)
    assert (
        display.till.begun == 1 and display.till.takes_cards()
    )  # it was not read for the next sale
    reader.cards = []
    await asyncio.sleep(0.3)
    reader.cards = here()
    await task
    assert display.till.begun == 2


async def test_a_card_that_misses_searches_is_still_there():
    reader = Reader()
    display = Display()
    backend = Backend(("wait", b""))
    reader.cards = here()
    find = reader.find
    searches = []

    async def weak():
        searches.append(None)
        return await find() if len(searches) % 3 == 0 else []  # it answers one in three

    reader.find = weak

    def next_sale():
        if display.said == ["card_done"]:
            display.till.state = "tap"
        return len(searches) > 20

    await run(reader, display, backend, next_sale)
    assert display.till.begun == 1 and display.till.takes_cards()


async def test_a_card_costs_nothing_where_there_is_no_memory_for_it():
    reader = Reader(MemoryError(), b"\x90\x00")
    display = Display()
    counts = Counts()
    backend = Backend(("apdu", b"\x80\xa8"), ("apdu", b"\x80\xa8"), ("wait", b""))
    reader.cards = here()

    async def hold_again():
        while not display.said:
            await asyncio.sleep(0.02)
        reader.cards = []
        await asyncio.sleep(0.5)
        reader.cards = here()

    task = asyncio.create_task(hold_again())
    await run(reader, display, backend, lambda: len(display.said) == 2, counts)
    await task
    assert (display.said, backend.channel.ended) == (["card_gone", "card_done"], 2)
    assert counts.names == ["tap_no_memory", "tap_card_gone"]


async def test_two_cards_and_reasons_of_the_backend_are_told():
    reader = Reader()
    display = Display()
    reader.cards = here() + here()
    await run(reader, display, Backend(), lambda: display.said)
    assert (display.said, display.till.begun) == (["two_cards"], 0)
    for said, shown in ((b"phone_locked", "phone_locked"), (b"\xff", "card_gone")):
        reader = Reader()
        display = Display()
        reader.cards = here()
        await run(reader, display, Backend(("again", said)), lambda: display.said)
        assert display.said == [shown]


async def test_a_tap_ends_when_a_phone_was_faster():
    reader = Reader(b"\x90\x00")
    display = Display()

    def paid():
        display.till.state = "paid"

    backend = Backend(("apdu", b"\x80\xa8"), paid)
    reader.cards = here()
    await run(reader, display, backend, lambda: backend.channel.ended)
    assert (display.said, display.till.state) == ([], "paid")


async def test_the_reader_rests_while_nobody_is_to_tap_and_is_missed():
    reader = Reader()
    display = Display()
    display.till.state = "idle"
    await run(reader, display, Backend(), lambda: reader.resting)
    assert display.reader == ["ready"]
    display.till.state = "tap"
    reader.absent = True
    await run(reader, display, Backend(), lambda: display.reader[-1] == "silent")
