"""The same receipt written in many ways, each of which must count."""

import json
import random
from collections.abc import Callable

from tools.attack.rule import MOST_BYTES
from tools.attack.signing import Receipt

Pairs = list[tuple[str, str]]
"""Names and values, each as JSON."""
_UNKNOWN = (
    ("note", '"paid, says nobody"'),
    ("amounts", "[1,2,{}]"),
    ("MAC", "null"),
    ("", "-0.5e3"),
)


def pairs(receipt: Receipt) -> Pairs:
    """The names and values of a receipt, each as JSON."""
    return [(json.dumps(name), json.dumps(value)) for name, value in receipt.items()]


def join(parts: Pairs, colon: str = ":", comma: str = ",") -> bytes:
    """An object of names and values."""
    return ("{" + comma.join(name + colon + value for name, value in parts) + "}").encode()


def plain(receipt: Receipt) -> bytes:
    """As the backend writes it."""
    return json.dumps(receipt).encode()


def compact(receipt: Receipt) -> bytes:
    """Without blanks."""
    return join(pairs(receipt))


def _unescaped(_: random.Random, receipt: Receipt) -> bytes:
    return json.dumps(receipt, ensure_ascii=False).encode()


def _spread(rng: random.Random, receipt: Receipt) -> bytes:
    blanks = ["".join(rng.choices(" \t\r\n", k=rng.randint(0, 3))) for _ in range(4)]
    body = join(pairs(receipt), blanks[0] + ":" + blanks[1], "," + blanks[2])
    return b" \n" + body + blanks[3].encode()


def _shuffled(rng: random.Random, receipt: Receipt) -> bytes:
    parts = pairs(receipt)
    rng.shuffle(parts)
    return join(parts)


def _escaped(rng: random.Random, receipt: Receipt) -> bytes:
    """With names or values in escapes, as many as fit."""
    parts = pairs(receipt)
    for at in rng.sample(range(len(parts)), 5):
        name, value = parts[at]
        if value.isascii() and "\\" not in value and value[0] == '"' and len(value) < 20:
            parts[at] = (name, escape(value))
        else:
            parts[at] = (escape(name), value)
    return join(parts)


def escape(text: str) -> str:
    """A JSON string of plain letters with each of them as an escape."""
    return '"' + "".join(f"\\u{ord(letter):04x}" for letter in text[1:-1]) + '"'


def _capitals(_: random.Random, receipt: Receipt) -> bytes:
    return plain({**receipt, "mac": receipt["mac"].upper()})


def _with_more(rng: random.Random, receipt: Receipt) -> bytes:
    parts = pairs(receipt)
    for name, value in rng.sample(_UNKNOWN, 2):
        parts.insert(rng.randint(0, len(parts)), (json.dumps(name), value))
    return join(parts)


def _corrected(rng: random.Random, receipt: Receipt) -> bytes:
    """A false value first, the true one of the same name after it."""
    parts = pairs(receipt)
    at = rng.randrange(len(parts))
    parts.insert(at, (parts[at][0], rng.choice(('"x"', "7", "null", "[]"))))
    return join(parts)


def _full(_: random.Random, receipt: Receipt) -> bytes:
    """As many bytes as a receipt may have."""
    body = plain(receipt)
    return body + b" " * (MOST_BYTES - len(body))


_Dress = Callable[[random.Random, Receipt], bytes]
_OTHERS: tuple[_Dress, ...] = (
    *(_unescaped, _spread, _shuffled, _escaped, _capitals, _with_more, _corrected, _full),
)


def dressed(rng: random.Random, receipt: Receipt) -> bytes:
    """A receipt in a form of its own: half of them as the backend writes it."""
    if rng.random() < 0.5:
        return plain(receipt)
    return rng.choice(_OTHERS)(rng, receipt)
