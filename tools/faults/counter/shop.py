"""The shop's database, by the rules of tools/register/database.py."""

MONEY = ("paid", "late")


class StorageError(Exception):
    """Nothing was stored."""


class ShopDatabase:
    """It outlives the register."""

    def __init__(self):
        self.sales = {}
        """(register, order): the attempt that paid it."""
        self.attempts = {}
        """Nonce: its row."""
        self.history = {}
        """Nonce: each outcome that was recorded of it."""
        self.away_until = 0
        self.commits = 0

    def take_over(self, other):
        """Begin with what another one has."""
        self.sales.update(other.sales)
        self.attempts.update(other.attempts)
        for nonce, outcomes in other.history.items():
            self.history[nonce] = list(outcomes)

    def record(self, result, now):
        """Commit a RESULT; raises StorageError."""
        if now < self.away_until:
            raise StorageError
        nonce, outcome = result["attempt"], result["outcome"]
        known = self.attempts[nonce]["outcome"] if nonce in self.attempts else None
        if known is not None and (known in MONEY or known == outcome):
            return
        order = (result["register"], result["order"])
        if outcome == "paid" and order in self.sales:
            outcome = "late"
        if outcome == "paid":
            self.sales[order] = nonce
        row = dict(result)
        row["outcome"] = outcome
        self.attempts[nonce] = row
        self.history.setdefault(nonce, []).append(outcome)
        self.commits += 1

    def of_order(self, register, order):
        """The rows of an order."""
        rows = self.attempts.values()
        return [row for row in rows if (row["register"], row["order"]) == (register, order)]
