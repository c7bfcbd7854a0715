"""Virtual time: what is to happen, and when. It goes on only when nobody has anything to do."""

_WRAP = 0x3FFFFFFF
_HALF = 0x20000000
_EPOCH = 1_780_000_000


class Agenda:
    """Things that will happen, in their order; `now` is in microseconds."""

    def __init__(self):
        self.now = 0
        self.steps = 0
        """How many things have happened."""
        self.on_step = None
        """Told of each, by its number; None: nobody is."""
        self._items = []

    def clear(self, now):
        """Nothing will happen; the next case begins at a time of its own."""
        self._items.clear()
        self.steps = 0
        self.on_step = None
        self.now = now

    def after(self, microseconds, act, *arguments):
        """Have act(*arguments) called then; what is returned can be handed to `cancel`."""
        when = self.now + max(0, int(microseconds))
        item = [when, act, arguments]
        at = len(self._items)
        while at and self._items[at - 1][0] > when:
            at -= 1
        self._items.insert(at, item)
        return item

    def cancel(self, item):
        """Have it not happen."""
        item[1] = None

    def step(self, until):
        """Have the next thing happen that is due until then, and return True; or let the time pass,
        and return False."""
        while self._items and self._items[0][0] <= until:
            when, act, arguments = self._items.pop(0)
            if act is not None:
                self.now = max(self.now, when)
                self.steps += 1
                act(*arguments)
                if self.on_step:
                    self.on_step(self.steps)
                return True
        self.now = max(self.now, until)
        return False


class Time:
    """MicroPython's module `time`, of an agenda's time."""

    def __init__(self, agenda):
        self._agenda = agenda
        self.ticks_ms = lambda: agenda.now // 1000 & _WRAP
        self.ticks_us = lambda: agenda.now & _WRAP
        self.time = lambda: _EPOCH + agenda.now // 1_000_000
        self.ticks_diff = lambda later, earlier: ((later - earlier + _HALF) & _WRAP) - _HALF
        self.ticks_add = lambda ticks, more: (ticks + more) & _WRAP

    def sleep_ms(self, milliseconds):
        """What a board does while it waits without its loop: nothing."""
        self._agenda.now += milliseconds * 1000

    def sleep(self, seconds):
        """The same of seconds."""
        self.sleep_ms(int(seconds * 1000))
