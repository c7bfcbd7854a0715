"""Messages of the till link: types, fields and limits (PROTOCOL.md, 4).

A payload is one JSON object in UTF-8. `parse` lets through only what the tables here allow, so
nothing behind it has to check a type or a length again. Unknown fields are dropped: a newer
peer may send more.
"""

import json

from micropython import const

from tillqr import fields, strict_json
from tillqr.sale import money

PROTOCOL = const(1)

HELLO = const(1)
INFO = const(2)
CART = const(3)
PAY = const(4)
CANCEL = const(5)
QUERY = const(6)
STATUS = const(7)
RESULT = const(8)
EXTERNAL_RESULT = const(10)
TRANSPARENT = const(12)
ACK = const(14)
NAK = const(15)

_NAMES = (
    "HELLO INFO CART PAY CANCEL QUERY STATUS RESULT - EXTERNAL_RESULT REQUEST TRANSPARENT - ACK NAK"
)

MAX_LINES = const(8)
"""Cart lines in one CART at most."""


class Refusal(Exception):
    """A message that is not carried out.

    reason: one of the names in PROTOCOL.md, 5; detail: the field or value meant, or "".
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


FIELDS = {
    HELLO: "protocol integer 1 255,boot name 1 16,role role",
    CART: "order name 1 20,currency text 3 3,total integer -9999999999 9999999999,"
    "first integer 0 9999,lines lines 0 8",
    PAY: "order name 1 20,register name 1 8,amount integer 1 9999999999,currency text 3 3,"
    "method? method",
    CANCEL: "order name 1 20,register? name 1 8",
    QUERY: "order? name 1 20,register? name 1 8",
    EXTERNAL_RESULT: "order name 1 20,register name 1 8,amount integer 1 9999999999,"
    "currency text 3 3,outcome external,reason? name 0 24",
    TRANSPARENT: "",
    ACK: "",
    NAK: "reason name 1 24,detail? text 0 80",
}
"""Of the messages that a display takes, as tillqr/fields.py has them; answers.py has the others."""


def name_of(kind: int) -> str:
    """The name of a message type, as PROTOCOL.md writes it."""
    return _NAMES.split()[kind - 1]


def parse(kind: int, payload: "bytes | memoryview", tables: "dict[int, str]" = FIELDS) -> dict:
    """The checked message of a payload, with known fields only; tables: of those that are taken.

    Raises Refusal: "type", "utf8", "json", "field", "amount", "currency".
    """
    if kind not in tables:
        raise Refusal("type", str(kind))
    table = tables[kind]
    message = _decode(payload) if len(payload) else {}
    bad = fields.first_bad(message, table) if table else ""
    if bad in ("amount", "currency"):
        raise Refusal(bad)
    if bad:
        raise Refusal("field", bad)
    names = [field.split(" ")[0].rstrip("?") for field in table.split(",")]
    known = {name: message[name] for name in names if name in message}
    if "currency" in known:
        try:
            money.exponent(known["currency"])
        except money.UnknownCurrency:
            raise Refusal("currency") from None
    return known


def _decode(payload: "bytes | memoryview") -> dict:
    try:
        return strict_json.parse(payload)
    except strict_json.BadUtf8:
        raise Refusal("utf8") from None
    except ValueError:
        raise Refusal("json") from None


def build(message: dict) -> bytes:
    """The payload of a message; an empty message has an empty payload."""
    return json.dumps(message).encode() if message else b""
