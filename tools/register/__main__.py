"""The register as a command: `python -m tools.register pay --port /dev/ttyUSB0 --amount 1234`.

Exit status: 0 done (pay: paid), 1 not paid, 2 wrong usage, 3 no display or it refused,
4 the outcome is unknown, 5 the order was paid before (already_paid): take no other money for it.
"""

import argparse
import datetime
import json
import os
import sys

from tools.register.client import NoAnswer, Refused, Register, RegisterError
from tools.register.database import ShopDatabase, StorageError
from tools.register.machine import CardMachine, pay_beside

_PAID, _NOT_PAID, _USAGE, _NO_DISPLAY, _UNKNOWN, _PAID_BEFORE = range(6)
_STATUSES = __doc__.partition("\n\n")[2]
_LOOK_AT = (
    "Is the display on, is {baud} baud its till_baud, and is {port} the till line's adapter, "
    "wired as in boards/README.md? `make doctor PORT={port}` looks further."
)
_AGAIN = (
    ". After a result failed or expired the customer may try again at the display for 120 s, "
    "and may still pay: `cancel` the order before you take other money for it, such as cash."
)
_LINE_HELP = "NAME=AMOUNT or NAME=AMOUNT=QUANTITY, in minor units"


def main() -> int:
    """Run one command against a display."""
    arguments = _parser().parse_args()
    if not arguments.port:
        print("register: name the display's serial port with --port", file=sys.stderr)
        return _USAGE
    try:
        database = ShopDatabase(arguments.db)
        with Register(arguments.port, database, arguments.register, arguments.baud) as register:
            return int(arguments.run(register, arguments))
    except (RegisterError, StorageError) as error:
        print(f"register: {error}", file=sys.stderr)
        if isinstance(error, NoAnswer):
            print(_LOOK_AT.format(**vars(arguments)), file=sys.stderr)
        before = isinstance(error, Refused) and error.reason == "already_paid"
        return _PAID_BEFORE if before else _NO_DISPLAY
    except KeyboardInterrupt:
        print("register: interrupted; the outcome is not known", file=sys.stderr)
        return _UNKNOWN


def _parser() -> argparse.ArgumentParser:
    words = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="register", description=words, epilog=_STATUSES)
    common = argparse.ArgumentParser(add_help=False)
    port = os.environ.get("TILLQR_PORT", "")
    common.add_argument("--port", default=port, help="serial port (default: $TILLQR_PORT)")
    common.add_argument("--baud", type=int, default=115200)
    common.add_argument("--db", default="sqlite:///shop.db", help="SQLAlchemy URL (%(default)s)")
    common.add_argument("--register", default="1", help="register number (%(default)s)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, words: str, more: str = "") -> argparse.ArgumentParser:
        told = words + more
        sub = commands.add_parser(
            name, parents=[common], help=words, description=told, epilog=_STATUSES
        )
        sub.set_defaults(run=run)
        return sub

    pay = command("pay", _pay, "ask for a payment and wait for its result", _AGAIN)
    pay.add_argument("--order", default=_new_order(), help="order number (default: the time)")
    pay.add_argument("--amount", type=int, required=True, help="in minor units: 1234 is 12.34")
    pay.add_argument("--currency", default="EUR", help="ISO 4217 code (%(default)s)")
    how = pay.add_mutually_exclusive_group()
    how.add_argument("--choose", action="store_true", help="let the customer choose how to pay")
    how.add_argument("--tap", action="store_true", help="ask for a card at the display's reader")
    pay.add_argument("--machine", default="", help="serial port of a card machine of its own")
    pay.add_argument("--machine-baud", type=int, default=115200)
    pay.add_argument("--timeout", type=float, default=180, help="seconds (%(default)s)")
    cart = command("cart", _cart, "show lines of the shopping list")
    cart.add_argument("--order", required=True)
    cart.add_argument("--currency", default="EUR")
    cart.add_argument("--first", type=int, default=0, help="index of the first line given")
    cart.add_argument("--total", type=int, help="running total (default: the lines' sum)")
    cart.add_argument("lines", nargs="+", metavar="LINE", help=_LINE_HELP, type=_line)
    command("cancel", _cancel, "cancel the sale of an order").add_argument("--order", required=True)
    command("query", _query, "what became of an order").add_argument("--order", required=True)
    command("info", _info, "what the display says of itself")
    return parser


def _new_order() -> str:
    return datetime.datetime.now().strftime("%y%m%d%H%M%S")


def _line(text: str) -> dict:
    name, _, rest = text.partition("=")
    amount, _, quantity = rest.partition("=")
    try:
        return {"name": name, "quantity": quantity, "amount": int(amount)}
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not {_LINE_HELP}") from None


def _pay(register: Register, arguments: argparse.Namespace) -> int:
    try:
        if arguments.machine:
            result = _pay_by_machine(register, arguments)
        else:
            result = _pay_by_display(register, arguments)
    except NoAnswer as error:
        print(f"register: {error}", file=sys.stderr)
        return _UNKNOWN
    print(json.dumps(result))
    return _PAID if result["outcome"] == "paid" else _NOT_PAID


def _pay_by_display(register: Register, arguments: argparse.Namespace) -> dict:
    method = None if arguments.choose else "tap" if arguments.tap else "qr"
    register.start_payment(arguments.order, arguments.amount, arguments.currency, method)
    print(f"order {arguments.order}: the display is asking for the payment", flush=True)
    return register.wait_for_result(arguments.order, arguments.timeout)


def _pay_by_machine(register: Register, arguments: argparse.Namespace) -> dict:
    """As the display, and the machine, which the customer may take instead."""
    database = ShopDatabase(arguments.db)
    payment = (arguments.order, arguments.amount, arguments.currency, arguments.timeout)
    port, baud = arguments.machine, arguments.machine_baud
    with CardMachine(port, database, arguments.register, baud) as machine:
        return pay_beside(register, machine, *payment)


def _cart(register: Register, arguments: argparse.Namespace) -> int:
    total = arguments.total
    if total is None:
        total = sum(line["amount"] for line in arguments.lines)
    register.cart(arguments.order, arguments.currency, arguments.lines, total, arguments.first)
    return _PAID


def _cancel(register: Register, arguments: argparse.Namespace) -> int:
    register.cancel(arguments.order)
    print(f"order {arguments.order}: cancelled")
    return _PAID


def _query(register: Register, arguments: argparse.Namespace) -> int:
    print(json.dumps(register.query(arguments.order)))
    return _PAID


def _info(register: Register, _: argparse.Namespace) -> int:
    print(json.dumps(register.info()))
    return _PAID


if __name__ == "__main__":
    sys.exit(main())
