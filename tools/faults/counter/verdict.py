"""The verdict on a case: the register's database against the backend's charges."""

from tools.faults.counter.shop import MONEY

SURVIVED, LOST, DOUBLED, WRONG, STUCK = "survived", "lost", "doubled", "wrong", "stuck"


def complete(counter):
    """Whether everything has ended, whatever it is worth."""
    rows, charges = counter.database.attempts, counter.backend.charges
    if not all(order.ended for order in counter.register.orders):
        return False
    if not all(nonce in rows for nonce in counter.world.attempts):
        return False
    for nonce, charge in charges.items():
        if charge.state == "open" or not charge.pushed:
            return False
        if charge.state == "paid" and rows.get(nonce, {"outcome": ""})["outcome"] not in MONEY:
            return False
    return True


def judge(counter, ended):
    """What came of it, and in words why; ended: whether everything has."""
    problems = list(_untrue(counter))
    if not ended:
        problems.append((STUCK, "not everything has ended"))
    if counter.world.unjournalled:
        problems.append((WRONG, "a code was shown before its attempt was stored"))
    if counter.world.flash.violations:
        problems.append((WRONG, "flash was programmed that was not erased"))
    for kind in (LOST, DOUBLED, WRONG, STUCK):
        words = [text for found, text in problems if found == kind]
        if words:
            return kind, "; ".join(words)
    return SURVIVED, ""


def _untrue(counter):
    rows, charges = counter.database.attempts, counter.backend.charges
    for nonce, charge in charges.items():
        row = rows.get(nonce)
        if charge.state != "paid":
            continue
        if row is None or row["outcome"] not in MONEY:
            yield LOST, "{} was paid and is {} here".format(nonce, row and row["outcome"])
        else:
            yield from _unlike(counter, nonce, charge, row)
    for nonce, row in rows.items():
        paid = nonce in charges and charges[nonce].state == "paid"
        if row["outcome"] in MONEY and not paid:
            yield DOUBLED, "{} is {} here, and was not paid".format(nonce, row["outcome"])


def _unlike(counter, nonce, charge, row):
    """How a row of money differs from its charge."""
    for name in ("order", "register", "amount", "currency"):
        if row[name] != charge.payment[name]:
            yield WRONG, "{} has another {}".format(nonce, name)
    if row["transaction"] != charge.transaction:
        yield WRONG, nonce + " has another transaction"
    before = counter.database.history[nonce][:-1]
    late = row["outcome"] == "late"
    if before and not late:
        yield WRONG, "{} is paid here after it was {}".format(nonce, before[-1])
    if late and not before and not _may_be_late(counter, nonce, row):
        yield WRONG, nonce + " is late here without a reason"


def _may_be_late(counter, nonce, row):
    """Whether the cashier asked to cancel it, or another attempt has paid the order."""
    key = (row["register"], row["order"])
    if counter.database.sales.get(key, nonce) != nonce:
        return True
    for order in counter.register.orders:
        if (order.register, order.number) == key and order.cancelled:
            return True
    return False
