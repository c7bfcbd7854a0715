"""Cases in which a bit of the journal is another one after a time without power."""

from tools.faults.counter import measured, sale, world

_STATES = ("open", "undelivered")
_PLANS = ("paid", "turnover-1")
_NEW = 512
_EVERY_OLD = 16
"""How often a byte has its case, of those before the last ones that were written."""

_cut = {}


def cases(wanted):
    """Each byte of the journal, while an attempt is open that its customer has paid since, or
    a result waits that the register has not heard."""
    for plan in _PLANS:
        for state in _STATES:
            kind = "rot/{}-{}".format(plan, state)
            if wanted(kind):
                for number, at in _places(measured.segments(_interrupted(plan, state))):
                    yield "{}/{}-{}".format(kind, number, at), _flip, (plan, state, number, at)


def _places(segments):
    """Which bytes have their case: segment and place."""
    newer = _newer(segments)
    for number in (0, 1):
        size = len(segments[number])
        new = max(0, size - _NEW) if number == newer else size
        for at in list(range(0, new, _EVERY_OLD)) + list(range(new, size)):
            yield number, at


def _newer(segments):
    """The segment that was written last: it has the last record's number (journal.py)."""
    last = [int.from_bytes(_last_record(data)[2:6], "big") for data in segments]
    return 0 if last[0] > last[1] else 1


def _last_record(data):
    at, record = 0, b""
    while at < len(data):
        end = at + data[at] + 10
        record, at = data[at:end], end
    return record


def _interrupted(plan, state):
    """A counter whose sale has come so far; made once."""
    if (plan, state) not in _cut:
        counter = measured.counter("rot/{}-{}".format(plan, state), plan)
        if state == "open":
            counter.backend.pushing = False
            counter.world.customer.on_acted = _stop
        else:
            counter.world.customer.on_acted = lambda: _wait_for_push(counter)
        counter.run().keep()
        _cut[plan, state] = counter
    return _cut[plan, state]


def _wait_for_push(counter):
    """The register has gone; stop as soon as the display has the result."""
    counter.register.late_until = 1 << 60
    counter.backend.on_pushed = _stop


def _stop(*_):
    raise world.Done


def _flip(name, plan, state, number, at):
    before = _interrupted(plan, state)
    counter = sale.Counter(name, "paid", before, order=before.register.orders[-1].number)
    counter.world.customer.wish_nothing()
    data = bytearray(measured.segments(counter)[number])
    data[at] ^= 1 << (at * 5 + number + len(name)) % 8
    with open("journal.{}".format(number), "wb") as file:
        file.write(data)
    counter.over()
    return counter.run()
