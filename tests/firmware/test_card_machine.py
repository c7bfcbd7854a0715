"""A card machine on the display's line: what it says counts once, and only for what is its own."""

import asyncio
import time

from tillqr.sale import attempts, recovery
from tillqr.sale.at_machine import AtMachine
from tillqr.sale.attempts import Attempts
from tillqr.sale.checkout import Checkout
from tillqr.sale.mac import Key
from tillqr.sale.receipt import Receipt
from tillqr.till import machine_words, message
from tillqr.till.card_machine import CardMachine
from tillqr.till.link import Link

from host_sim.segments import MemorySegments
from tests.support import Counts, empty_book, pay

_PAYMENT = (
    "device name 1 12,order name 1 20,register name 1 8,amount integer 1 9999999999,"
    "currency text 3 3,attempt name 24 24"
)
_TABLES = {
    message.HELLO: message.FIELDS[message.HELLO],
    message.PAY: _PAYMENT,
    message.CANCEL: _PAYMENT,
    message.QUERY: "order name 1 20,attempt name 24 24",
    message.ACK: "",
    message.NAK: message.FIELDS[message.NAK],
}
KEY = Key(b"m" * 32, 7)


class Settings:
    device = "D0001"
    machine_baud = 921600


class Scene:
    """A display's part with its book and checkout, and a machine's link, on one line."""

    def __init__(self, segments=None, book=None):
        self.segments = segments or MemorySegments()
        self.book = book or empty_book(segments=self.segments)
        self.made = 0
        self.checkout = Checkout(self.book, self._nonce, lambda order, register: True)
        self.at_machine = AtMachine(self.checkout)
        self.checkout.lacks = ""
        self.counts = Counts()
        self.heard = []
        self.refuse = ""
        self.answers = []
        self.plugged = True
        parts = (KEY, self.book, self.at_machine, self)
        self.part = CardMachine(None, Settings, *parts, "d1", self.counts)
        self.machine = self.new_machine("m1")

    def new_machine(self, boot):
        """A machine that was switched on."""
        calls = (self._deliver, self._settled, Counts())
        self.machine = Link("machine", boot, Settings.machine_baud, *calls, "display", _TABLES)
        return self.machine

    def _nonce(self):
        self.made += 1
        return "%024x" % self.made

    # What the part calls of the display.

    def happen(self, event, data=None):
        self.checkout.handle(event, data)

    def take(self, attempt):
        stored = self.book.keep(attempt)
        self.checkout.handle("receipt", attempt)
        return stored

    # The machine's end.

    def _deliver(self, kind, content):
        if kind == message.HELLO:
            return
        self.heard.append((kind, content))
        if self.refuse:
            raise message.Refusal(self.refuse)

    def _settled(self, kind, content, reason, _):
        if kind != message.HELLO:
            self.answers.append(reason)

    def say(self, kind, content):
        self.machine.send(kind, content)
        self.run()

    def run(self, milliseconds=130):
        """Let real time pass, and on a busy machine so much that all have their turns."""
        asyncio.run(self._run(milliseconds))

    async def _run(self, milliseconds):
        task = asyncio.create_task(self.part.run())
        until = time.ticks_add(time.ticks_ms(), milliseconds)
        turns = milliseconds // 2
        while turns > 0 or time.ticks_diff(until, time.ticks_ms()) > 0:
            turns -= 1
            self._carry(self.part.link, self.machine)
            self._carry(self.machine, self.part.link)
            await asyncio.sleep_ms(2)
        task.cancel()

    def _carry(self, sender, receiver):
        octets = sender.output(time.ticks_ms())
        while octets is not None:
            if self.plugged:
                receiver.feed(bytearray(octets), len(octets))
            octets = sender.output(time.ticks_ms())

    def begin(self):
        """A sale whose machine was asked to take it; its attempt."""
        self.checkout.handle("pay", pay())
        self.run()
        self.say(machine_words.REQUEST, {})
        assert self.answers.pop() == ""
        return self.checkout.sale.attempt

    def receipt(self, of, state="paid", key=KEY, **changes):
        """The machine's signed word."""
        word = {
            "version": 1,
            "device": "D0001",
            "register": of.register,
            "order": of.order,
            "attempt": of.nonce,
            "amount": of.amount,
            "currency": of.currency,
            "state": state,
            "transaction": "M1" if state == "paid" else "",
            "reason": "declined" if state == "failed" else "",
            "key": key.number,
            "mac": b"",
        }
        word.update(changes)
        word["mac"] = key.mac(Receipt(word).encoded()).hex()
        return word


def kinds(scene):
    return [kind for kind, _ in scene.heard]


def test_a_payment_at_the_machine():
    scene = Scene()
    attempt = scene.begin()
    wanted = {"device": "D0001", "order": "1001", "register": "3", "amount": 1234}
    wanted.update(currency="EUR", attempt=attempt.nonce)
    assert scene.heard[0] == (message.PAY, wanted)
    assert (scene.checkout.state, attempt.question) == ("machine", "ask")
    scene.say(message.RESULT, scene.receipt(attempt))
    assert scene.answers == [""]
    assert (scene.checkout.state, attempt.outcome, attempt.transaction) == ("paid", "paid", "M1")
    scene.say(message.RESULT, scene.receipt(attempt))  # the ACK was lost
    assert scene.answers == ["", ""] and scene.counts.names == ["receipt_replayed"]


def test_nothing_waits_for_the_machine():
    scene = Scene()
    scene.run()
    scene.say(machine_words.REQUEST, {})
    assert scene.answers == ["no_sale"] and scene.heard == []
    scene.checkout.handle("pay", pay(method="qr"))
    scene.say(machine_words.REQUEST, {})
    assert scene.answers == ["no_sale", "busy"] and scene.made == 1


def test_false_words_of_a_machine_change_nothing():
    scene = Scene()
    attempt = scene.begin()
    other = Key(b"x" * 32, 7)
    true = scene.receipt(attempt)
    cases = [
        (scene.receipt(attempt, key=other), "receipt_bad_mac"),
        (scene.receipt(attempt, key=Key(b"m" * 32, 8)), "receipt_bad_mac"),
        (scene.receipt(attempt, amount=1233), "receipt_wrong_amount"),
        (scene.receipt(attempt, currency="USD"), "receipt_wrong_currency"),
        (scene.receipt(attempt, order="1002"), "receipt_wrong_order"),
        (scene.receipt(attempt, register="4"), "receipt_wrong_register"),
        (scene.receipt(attempt, device="D0002"), "receipt_wrong_device"),
        (scene.receipt(attempt, attempt="ab" * 12), "receipt_unknown_attempt"),
        (scene.receipt(attempt, state="refunded"), "receipt_malformed"),
    ]
    for word, name in cases:
        scene.say(message.RESULT, word)
        assert scene.answers.pop() == name
        assert name in scene.counts.names
        assert (attempt.outcome, scene.checkout.state) == ("", "machine")
    scene.say(message.RESULT, true)
    assert attempt.outcome == "paid"


def test_each_settles_only_its_own():
    device = Key(b"d" * 32, 1)
    segments = MemorySegments()
    scene = Scene(segments, empty_book([device], segments))
    scene.checkout.handle("pay", pay(method="qr"))
    shown = scene.checkout.sale.attempt
    scene.run()
    scene.say(message.RESULT, scene.receipt(shown))
    assert scene.answers == ["receipt_wrong_method"] and shown.outcome == ""
    scene.checkout.handle("cancel", {"order": "1001"})
    attempt = scene.book.open("ff" * 12, "1002", "3", 5, "EUR", attempts.MACHINE)
    word = scene.receipt(attempt, key=device)
    word["mac"] = bytes.fromhex(word["mac"])
    try:
        scene.book.accept(Receipt(word))
        raise AssertionError("the backend settled what a machine has begun")
    except Exception as error:
        assert error.args == ("receipt_wrong_method",), error


def test_a_cancel_is_asked_of_the_machine():
    scene = Scene()
    attempt = scene.begin()
    scene.checkout.handle("cancel", {"order": "1001"})
    scene.run()
    assert kinds(scene) == [message.PAY, message.CANCEL]
    assert scene.heard[1][1]["attempt"] == attempt.nonce
    assert scene.checkout.state == "unknown"
    scene.say(message.RESULT, scene.receipt(attempt, "closed"))
    assert (scene.checkout.state, attempt.outcome) == ("cancelled", "cancelled")


def test_a_machine_that_is_busy_is_told_to_forget_it():
    scene = Scene()
    scene.run()
    scene.refuse = "busy"
    scene.begin()
    scene.run()
    assert kinds(scene)[:2] == [message.PAY, message.CANCEL]


def test_a_machine_that_never_heard_of_it_must_not_hear_of_it_later():
    scene = Scene()
    attempt = scene.begin()
    scene.say(message.STATUS, {"attempt": attempt.nonce, "state": "busy"})
    assert (scene.checkout.state, attempt.question) == ("machine", "ask")
    scene.say(message.STATUS, {"attempt": attempt.nonce, "state": "none"})
    assert attempt.question == "close" and kinds(scene)[-1] == message.CANCEL
    scene.say(message.RESULT, scene.receipt(attempt, "closed"))
    assert (scene.checkout.state, attempt.outcome) == ("expired", "expired")


def test_an_unplugged_machine_is_unknown_and_asked_when_it_is_back():
    scene = Scene()
    attempt = scene.begin()
    scene.plugged = False
    scene.run(4500)
    assert (scene.checkout.state, attempt.outcome) == ("unknown", "")
    assert not scene.at_machine.up
    scene.plugged = True
    scene.heard = []
    scene.new_machine("m2")
    scene.run(300)
    assert message.QUERY in kinds(scene) and message.PAY not in kinds(scene)
    scene.say(message.STATUS, {"attempt": attempt.nonce, "state": "busy"})
    assert scene.checkout.state == "machine" and scene.at_machine.up
    scene.say(message.RESULT, scene.receipt(attempt, "failed"))
    assert (scene.checkout.state, attempt.reason) == ("failed", "declined")


def test_a_display_that_restarts_asks():
    for stopped in (False, True):
        scene = Scene()
        attempt = scene.begin()
        if stopped:
            scene.checkout.handle("cancel", {"order": "1001"})
        found, journal = recovery.recover(scene.segments, Counts())
        again = Scene(scene.segments, Attempts("D0001", [], found, journal))
        (same,) = found
        assert (same.nonce, same.method) == (attempt.nonce, "machine")
        assert (same.question, same.cancelling) == ("close" if stopped else "ask", stopped)
        again.checkout.resume(again.book.interrupted())
        assert (again.checkout.state, again.checkout.sale.method) == ("unknown", "machine")
        again.run()
        assert kinds(again) == [message.CANCEL if stopped else message.QUERY]
        again.say(message.RESULT, again.receipt(same, "closed" if stopped else "paid"))
        assert same.outcome == ("cancelled" if stopped else "paid")
        assert again.book.undelivered(None) is same
