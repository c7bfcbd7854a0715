"""Rules that can be broken, to see that the campaign finds it: by patching the firmware's parts in
this process, or the models."""

from tillqr.sale import attempts

from tools.faults.counter.register import Died, Register

_COMMIT_US = 300_000


def acknowledge_first():
    """The backend hears that a payment is stored, and it is not."""
    keep = attempts.Attempts.keep
    attempts.Attempts.keep = lambda book, attempt: attempt.settled == "paid" or keep(book, attempt)


def opened_unstored():
    """A code is shown of an attempt that is not in the journal."""
    opens = attempts.Attempts.open

    def open_unstored(book, *payment):
        init = attempts.Attempt.__init__

        def pretend(attempt, *fields):
            init(attempt, *fields)
            attempt.stored = True

        attempts.Attempt.__init__ = pretend
        try:
            return opens(book, *payment)
        finally:
            attempts.Attempt.__init__ = init

    attempts.Attempts.open = open_unstored


def forget_undelivered():
    """After a start nothing is known of results that the register has not acknowledged."""
    init = attempts.Attempts.__init__

    def forget(book, device, keys, found, journal):
        known = [attempt for attempt in found if attempt.delivered or not attempt.settled]
        init(book, device, keys, known, journal)

    attempts.Attempts.__init__ = forget


def new_ids():
    """A result is told under another attempt's name each time."""
    result = attempts.Attempt.result
    told = [0]

    def renamed(attempt):
        told[0] += 1
        message = result(attempt)
        if told[0] % 2:
            message["attempt"] = "{:08x}".format(told[0]) + message["attempt"][8:]
        return message

    attempts.Attempt.result = renamed


def late_is_paid():
    """Money that comes after a cancel is told as if it had come in time."""
    settle = attempts.Attempt.settle

    def settle_paid(attempt, word):
        settle(attempt, word)
        if attempt.outcome == "late":
            attempt.outcome = "paid"

    attempts.Attempt.settle = settle_paid


def commit_later():
    """The register acknowledges a result before its database has it."""
    take = Register.take_result

    def take_later(register, result):
        register.agenda.after(_COMMIT_US, commit, register, result, register.starts)

    def commit(register, result, starts):
        if register.starts == starts:
            try:
                take(register, result)
            except Died:
                register.restart()

    Register.take_result = take_later


RULES = {
    "acknowledge-first": acknowledge_first,
    "opened-unstored": opened_unstored,
    "forget-undelivered": forget_undelivered,
    "new-ids": new_ids,
    "late-is-paid": late_is_paid,
    "commit-later": commit_later,
}
