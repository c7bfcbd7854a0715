"""A card machine on a serial port of the register's own (PROTOCOL.md, 13), beside the display.

The register is the master of that line. It records what the machine says before it acknowledges
it, so a machine whose register died says it again to the next one.
"""

import secrets
import time

from tillqr.till import machine_words, message
from tillqr.till.link import Link

from tools.register.client import Register, check_unpaid
from tools.register.database import ShopDatabase, StorageError
from tools.register.line import ANSWER_SECONDS, Line, NoAnswer, RegisterError

_OUTCOMES = {"paid": "paid", "failed": "failed", "closed": "cancelled"}
"""What a receipt's state is in the database."""
_TURN_SECONDS = 0.1


class CardMachine(Line):
    """The line to one card machine."""

    PEER = "card machine"

    def __init__(
        self, port: str, database: ShopDatabase, register: str = "1", baud: int = 115200
    ) -> None:
        """register: the register's number. Raises RegisterError if the port can't be opened."""
        self._database = database
        self._register = register
        self._payments: dict[str, dict] = {}
        self._results: dict[str, dict] = {}
        boot, calls = secrets.token_hex(8), (self._deliver, self._settled, self._count)
        link = Link("register", boot, baud, *calls, "machine", machine_words.TABLES)
        super().__init__(port, baud, link)
        self.start()

    def start_payment(self, order: str, amount: int, currency: str) -> None:
        """Have the machine ask for a payment, and return when it has taken that.

        Raises RegisterError; "busy" while it works on another, or its last word is on its way.
        """
        check_unpaid(self._database, self._register, order)
        payment: dict = {"device": f"reg-{self._register}", "register": self._register}
        payment |= {"order": order, "amount": amount, "currency": currency}
        payment["attempt"] = secrets.token_hex(12)
        with self._changed:
            self._results.pop(order, None)
            self._payments[order] = payment
        self._request(message.PAY, payment, ANSWER_SECONDS)

    def wait_for_result(self, order: str, timeout: float) -> dict:
        """What became of the payment, in the database by then; raises NoAnswer."""
        words = f"no word of the card machine on order {order} in {timeout:g} s: it is unknown"
        return self._wait(lambda: self._results.get(order), timeout, words)

    def cancel(self, order: str) -> None:
        """Ask the machine to stop; what it says then is the result. Raises RegisterError."""
        self._request(message.CANCEL, self._payments[order], ANSWER_SECONDS)

    def _check(self, _: int, content: dict) -> None:
        """A machine's PAY and CANCEL say more than a register's, and nothing else is asked here."""
        message.parse(message.PAY, message.build(content))

    def _deliver(self, kind: int, content: dict) -> None:
        """Take a message of the machine; raises message.Refusal."""
        if kind == machine_words.REQUEST:
            raise message.Refusal("no_sale")  # the till's own key starts a payment here
        if kind == message.RESULT:
            self._take_result(content)

    def _take_result(self, receipt: dict) -> None:
        payment = self._payments.get(receipt["order"])
        if payment and payment["attempt"] == receipt["attempt"]:
            for name, value in payment.items():
                if receipt[name] != value:
                    raise message.Refusal("field", name)
        result = {name: receipt[name] for name in ("order", "register", "amount", "currency")}
        result |= {name: receipt[name] for name in ("attempt", "transaction", "reason")}
        result["outcome"] = _OUTCOMES.get(receipt["state"], "")
        if not result["outcome"]:
            raise message.Refusal("field", "state")
        try:
            result["outcome"] = self._database.record(result, receipt["device"])
        except StorageError:
            raise message.Refusal("storage") from None
        if payment and payment["attempt"] == receipt["attempt"]:
            self._results[result["order"]] = result


def pay_beside(
    register: Register, machine: CardMachine, order: str, amount: int, currency: str, timeout: float
) -> dict:
    """Have an order paid at the machine or, if the customer would rather, by the display's code.

    The first that takes the money ends the other. Returns the result that counts, with `told`:
    whether the display knows of what the machine said. Raises RegisterError.
    """
    register.start_payment(order, amount, currency, None)
    machine.start_payment(order, amount, currency)
    deadline = time.monotonic() + timeout
    result = None
    while result is None:
        by_code = register.result(order)
        if by_code and by_code["outcome"] == "paid":
            machine.cancel(order)
            machine.wait_for_result(order, ANSWER_SECONDS)  # "late" in the database, if it is money
            return by_code
        try:
            result = machine.wait_for_result(order, _TURN_SECONDS)
        except NoAnswer:
            if time.monotonic() > deadline:
                raise
    if result["outcome"] == "late":  # the database had the code's money first
        return register.result(order) or result
    return {**result, "told": tell(register, result)}


def tell(register: Register, result: dict) -> bool:
    """Tell the display what became of an order at the machine; whether it knows it then.

    The database knows it already, so nothing is lost if the display is away, or had a payment for
    the order itself, which is "late" in the database.
    """
    if result["outcome"] not in ("paid", "failed"):
        return True
    money = (result["order"], result["amount"], result["currency"])
    try:
        register.external_result(*money, result["outcome"], result["reason"])
    except RegisterError:
        return False
    return True
