"""The register: the real link, the shop's database, and a POS program with a cashier.

The cashier asks for a payment until the display has taken it, waits for its result, asks what
became of it when none comes, and asks for the payment again if the display never heard of it.
"""

import random

from tillqr.till import answers, link, message

from tools.faults.counter.shop import StorageError

TURN_US = 100_000
_PATIENCE_US = 6_000_000
"""So long a cashier waits for a result before looking."""
_AGAIN_US = 1_500_000


class Died(BaseException):
    """The register restarts: nothing that it does now is finished."""


class Order:
    """What is to be paid, and how far that is."""

    def __init__(self, register, number, amount, currency="EUR", tries=1, cancel_after_ms=0):
        """tries: it is asked for again after so many results but one; cancel_after_ms: it is
        cancelled so long after its code was shown; 0: never."""
        self.register = register
        self.number = number
        self.amount = amount
        self.currency = currency
        self.tries = tries
        self.cancel_after_ms = cancel_after_ms
        self.asked = None
        """The PAY that is under way and has brought no result yet."""
        self.taken = False
        """Whether the display has taken it."""
        self.looked_at = 0
        self.not_before = 0
        self.results = set()
        """Attempts whose result came."""
        self.cancel_at = 0
        self.cancelled = False
        """Whether the cashier asked for that."""
        self.ended = False

    def name(self):
        """The order, as CANCEL and QUERY have it."""
        return {"order": self.number, "register": self.register}

    def pay(self):
        """The message, anew."""
        self.asked = {
            "order": self.number,
            "register": self.register,
            "amount": self.amount,
            "currency": self.currency,
            "method": "qr",
        }
        return self.asked


class Register:
    """One register on the line; its database and its orders outlive its restarts."""

    def __init__(self, agenda, line, baud, database):
        answers.add()
        self.agenda = agenda
        self._line = line
        self._baud = baud
        self.database = database
        self.orders = []
        self.counters = {}
        self.late_until = 0
        """Until then it answers nothing."""
        self.messages = 0
        self.results = 0
        self.on_stored = lambda results: None
        """Told when a result is committed and not yet acknowledged: how many have been."""
        self.on_message = lambda messages: None
        """Told of each message before it is carried out: how many there have been."""
        self.starts = 0
        self.restart()

    def restart(self):
        """Switch it off and on: what it knew of the line is gone."""
        self.starts += 1
        boot = "R{}-{:06x}".format(self.starts, random.getrandbits(24))
        self.link = link.Link(
            "register", boot, self._baud, self._deliver, self._settled, self._count
        )
        self._heard = bytearray()
        self._line.to_register = self._hear
        for order in self.orders:
            order.taken = False
        self._turn(self.starts)

    def _count(self, name):
        self.counters[name] = self.counters.get(name, 0) + 1

    # The line.

    def _hear(self, piece):
        self._heard += piece
        if self.agenda.now >= self.late_until:
            self._take()

    def _take(self):
        heard, self._heard = self._heard, bytearray()
        try:
            if heard:
                self.link.feed(heard, len(heard))
            self._pump()
        except Died:
            self.restart()

    def _pump(self):
        now = self.agenda.now // 1000 & 0x3FFFFFFF
        while True:
            data = self.link.output(now)
            if data is None:
                return
            self._line.from_register(data)

    def _turn(self, start):
        """Now and then: the cashier looks, and what is due is sent."""
        if start != self.starts:
            return
        if self.agenda.now >= self.late_until:
            self._take()
            if start == self.starts:
                self._look()
                self._pump()
        if start == self.starts:
            self.agenda.after(TURN_US, self._turn, start)

    # Messages.

    def _deliver(self, kind, content):
        self.messages += 1
        self.on_message(self.messages)
        if kind == message.RESULT:
            self.take_result(content)
        elif kind == message.STATUS:
            self._take_status(content)
        elif kind not in (message.HELLO, message.INFO):
            raise message.Refusal("type", message.name_of(kind))

    def take_result(self, result):
        """Store it; when this returns it is acknowledged. Raises message.Refusal."""
        try:
            self.database.record(result, self.agenda.now)
        except StorageError:
            raise message.Refusal("storage") from None
        self.results += 1
        self.on_stored(self.results)
        for order in self.orders:
            if (order.register, order.number) == (result["register"], result["order"]):
                self._hear_result(order, result)

    def _hear_result(self, order, result):
        order.results.add(result["attempt"])
        order.asked = None
        enough = len(order.results) >= order.tries
        if enough or result["outcome"] in ("paid", "late", "cancelled"):
            order.ended = True
        order.taken = order.taken and order.ended
        order.not_before = self.agenda.now + _AGAIN_US

    def _take_status(self, status):
        order = self._current()
        if order is None or status.get("order") != order.number:
            return
        if status["state"] == "qr" and order.cancel_after_ms and not order.cancel_at:
            order.cancel_at = self.agenda.now + order.cancel_after_ms * 1000
        if status["state"] == "none":
            order.taken = False
            order.ended = order.ended or order.cancelled

    def _settled(self, kind, content, reason, _):
        order = self._current()
        if order is None:
            return
        now = self.agenda.now
        if kind == message.PAY and content is order.asked:
            order.taken = reason in ("", "already_paid")
            order.looked_at = now
            order.not_before = now + _AGAIN_US

    # The cashier.

    def _current(self):
        for order in self.orders:
            if not order.ended:
                return order
        return None

    def _look(self):
        order, now = self._current(), self.agenda.now
        if order is None or not self.link.up or self.link.waiting or now < order.not_before:
            return
        if order.cancel_at and now >= order.cancel_at:
            order.cancel_at = 1 << 60
            order.cancelled = True
            self.link.send(message.CANCEL, order.name())
        elif not order.taken and not order.cancelled:
            self.link.send(message.PAY, order.pay())
        elif now - order.looked_at > _PATIENCE_US:
            order.looked_at = now
            self.link.send(message.QUERY, order.name())
