"""Messages of the till link: types, fields and limits (PROTOCOL.md, 4).

A payload is one JSON object in UTF-8. `parse` lets through only what the tables here allow, so
nothing behind it has to check a type or a length again. Unknown fields are dropped: a newer
peer may send more.
"""

import json

from micropython import const

from tillqr import strict_json
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
ACK = const(14)
NAK = const(15)

_NAMES = "HELLO INFO CART PAY CANCEL QUERY STATUS RESULT - - - - - ACK NAK"

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


# The fields of each message: name ("?" if it may be missing), check, bounds. As text, because a
# table of tuples costs the chip four times as much memory.
_LINE = "name text 1 40,quantity? text 0 10,amount integer -9999999999 9999999999"
FIELDS = {
    HELLO: "protocol integer 1 255,boot name 1 16,role role",
    CART: "order name 1 20,currency text 3 3,total integer -9999999999 9999999999,"
    "first integer 0 9999,lines lines 0 8",
    PAY: "order name 1 20,register name 1 8,amount integer 1 9999999999,currency text 3 3,"
    "method? method",
    CANCEL: "order name 1 20,register? name 1 8",
    QUERY: "order? name 1 20,register? name 1 8",
    ACK: "",
    NAK: "reason name 1 24,detail? text 0 80",
}
"""Of the messages that a display takes; answers.py has the others."""
CHOICES = {"role": ("register", "display"), "method": ("qr",)}
"""The values that a field of names may have."""


def name_of(kind: int) -> str:
    """The name of a message type, as PROTOCOL.md writes it."""
    return _NAMES.split()[kind - 1]


def _fits(value: object, check: str, low: int, high: int) -> bool:
    """Whether a field's value passes its check."""
    if check == "integer":
        return type(value) is int and low <= value <= high
    if check == "lines":
        return isinstance(value, list) and low <= len(value) <= high and all(map(_is_line, value))
    if check == "counters":
        return isinstance(value, dict) and len(value) <= high
    if not isinstance(value, str):
        return False
    if check == "name":
        return strict_json.is_name(value, low, high)
    if check == "text":
        return strict_json.is_text(value, low, high)
    return value in CHOICES[check]


def _is_line(line: object) -> bool:
    return isinstance(line, dict) and not _first_bad(line, _LINE)


def _first_bad(message: dict, fields: str) -> str:
    """Name of the first field that is missing or wrong, or ""."""
    for field in fields.split(","):
        name, check, *bounds = field.split(" ")
        low, high = [int(bound) for bound in bounds] if bounds else (0, 0)
        required = not name.endswith("?")
        name = name.rstrip("?")
        if name in message:
            if not _fits(message[name], check, low, high):
                return name
        elif required:
            return name
    return ""


def parse(kind: int, payload: "bytes | memoryview") -> dict:
    """The checked message of a payload, with known fields only.

    Raises Refusal: "type", "utf8", "json", "field", "amount", "currency".
    """
    if kind not in FIELDS:
        raise Refusal("type", str(kind))
    fields = FIELDS[kind]
    message = _decode(payload) if len(payload) else {}
    bad = _first_bad(message, fields) if fields else ""
    if bad in ("amount", "currency"):
        raise Refusal(bad)
    if bad:
        raise Refusal("field", bad)
    if "currency" in message:
        try:
            money.exponent(message["currency"])
        except money.UnknownCurrency:
            raise Refusal("currency") from None
    names = [field.split(" ")[0].rstrip("?") for field in fields.split(",")]
    return {name: message[name] for name in names if name in message}


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
