"""Who stands at the counter: the panel as the customer sees it, and the customer's phone."""

_OPEN_US = 300_000
_ACT_US = 400_000


class Panel:
    """The board's face: it remembers what was shown, and tells the customer."""

    def __init__(self, world, life, view):
        self._world = world
        self._life = life
        self._coming = None
        self.view = view
        self.prepare = None

    def show(self, state):
        """The screen of a state."""
        if self._life.over:
            return
        self._world.shown.append(state)
        if state == "qr":
            attempt = self.view.sale.attempt
            if attempt.nonce not in self._world.attempts:
                self._world.code_shown(attempt)

    def sleep(self):
        """Dark."""

    def tick(self, _):
        """The countdown."""

    def owes(self):
        """Never: everything is shown at once."""
        return False

    async def start(self):
        """Switch it on."""

    async def refresh(self):
        """Draw."""

    async def run(self):
        """Wait for ever."""
        asyncio = __import__("asyncio")
        while True:
            await asyncio.sleep_ms(3_600_000)


class Customer:
    """Pays what is shown, as the sale wants it: "paid", "failed", "late" (the provider says it
    after the charge was closed), or not at all."""

    def __init__(self, agenda, backend, wishes):
        """wishes: what is done, a code after the other; money that moved is not paid twice."""
        self._agenda = agenda
        self._backend = backend
        self._wishes = list(wishes)
        self.on_acted = lambda: None
        """Told when the customer has done something."""

    def wish(self, what):
        """After the others this is done."""
        self._wishes.append(what)

    def wish_nothing(self):
        """All is done."""
        self._wishes.clear()

    def see(self, payment):
        """A code is on the panel."""
        if self._wishes:
            self._agenda.after(_OPEN_US, self._open, payment)

    def _open(self, payment):
        charge = self._backend.open(payment)
        if charge.state == "open":
            self._agenda.after(_ACT_US, self._act, payment["attempt"])

    def _act(self, nonce):
        if not self._wishes:
            return
        wish = self._wishes[0]
        if wish == "late":
            self._confirm_late(nonce)
        elif self._backend.settle(nonce, wish, "declined" if wish == "failed" else ""):
            self._wishes.pop(0)
            self.on_acted()

    def _confirm_late(self, nonce):
        """The money moves now, and the provider says so after the display has given it up."""
        if self._backend.charges[nonce].state == "open":
            self._agenda.after(500_000, self._confirm_late, nonce)
        elif self._wishes:
            self._wishes.pop(0)
            self._agenda.after(1_000_000, self._backend.confirm_late, nonce)
            self.on_acted()
