"""Forgeries of fields: changed, swapped, of another type, there twice, slid into each other."""

import hmac
import itertools
import json
import random
from collections.abc import Iterator

from tools.attack import dress
from tools.attack.scene import CURRENCIES, REASONS, Scene
from tools.attack.signing import (
    AFTER_AMOUNT,
    BEFORE_AMOUNT,
    FIELDS,
    LABEL,
    Receipt,
    encoded,
    octets,
    prefixed,
)

_SWAPS = 150
_LETTERS = 60
_HALVES = (0xD800, 0xD8FF, 0xDBFF, 0xDC00, 0xDD3A, 0xDFFF)
_ANY = (*range(0xA0, 0xD800), *range(0xE000, 0x110000))
"""All characters that a text may have, by their numbers, but for ASCII."""
_AMOUNTS = (0, 1, -1, 2**31, 2**32, 2**53, 9_999_999_999, 10**10, 2**63, 2**64, 10**30)
_LOOKALIKES = {
    ord(letter): number
    for letter, number in zip(
        "aceopxyABCEHIKMOPTX-._",
        (
            *(0x430, 0x441, 0x435, 0x43E, 0x440, 0x445, 0x443, 0x410, 0x412, 0x421, 0x415, 0x41D),
            *(0x406, 0x41A, 0x41C, 0x41E, 0x420, 0x422, 0x425, 0x2010, 0x2024, 0x2017),
        ),
        strict=True,
    )
}
"""Cyrillic letters and other signs that look like Latin ones."""
_TYPES = (
    *("null", "true", "false", "[]", "{}", '""', "0", "-0", "-1", "1", "1.0", "1e0", "NaN"),
    *("Infinity", "-Infinity", "1e400", "9" * 300, "-" + "9" * 300, "0x10", "1_0", "+1", "01"),
    *("1.", ".5", "1e", "'x'", "undefined", "True", "None", '"\\ud800"', '"\\udc00\\ud800"'),
    *('"\\u0000"', '"\\x41"', '"\\u00g0"', '"', "", "\\u0031", "\ufeff1", "\uff11\uff12"),
)
"""Values as JSON, or nearly, of every kind."""


def changed(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """One field changed, under the old MAC: to what it may be, to near it, away."""
    for name in FIELDS:
        for value in _others(rng, name, scene.main[name]):
            yield json.dumps({**scene.main, name: value}, ensure_ascii=False).encode()
        rest = {key: value for key, value in scene.main.items() if key != name}
        yield dress.plain(rest)
        yield dress.plain({**rest, name.upper(): scene.main[name]})
        yield dress.plain({**rest, name + " ": scene.main[name]})


def _others(rng: random.Random, name: str, value: str | int) -> Iterator[object]:
    if isinstance(value, int):
        yield from (value + step for step in (-100, -10, -1, 1, 10, 100, 256, 2**32, 2**64))
        yield from (value ^ 1 << bit for bit in range(8))
        yield from _AMOUNTS
        yield from (value * 10, value // 10, -value)
        return
    known = {"currency": CURRENCIES, "reason": REASONS, "state": ("paid", "failed", "closed")}
    yield from known.get(name, ("",))
    yield from (value.upper(), value.lower(), value.title(), value + "\0", "\0" + value, value * 2)
    yield from (value + " ", " " + value, value[:-1], value[1:], value[::-1], value + "\u200d")
    yield from (value.translate(_LOOKALIKES), "\ufeff" + value, value + "\u0301", value + "x")
    if value:
        at = rng.randrange(len(value))
        yield value[:at] + chr(0xFEE0 + ord(value[at])) + value[at + 1 :]  # its wide form
        yield value[:at] + rng.choice("0123456789abcdefXYZ") + value[at + 1 :]


def swaps(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Fields of one true receipt in another: each, each two, many."""
    sets = [*itertools.combinations(FIELDS, 1), *itertools.combinations(FIELDS, 2)]
    sets += [tuple(rng.sample(FIELDS, rng.randint(3, 9))) for _ in range(_SWAPS)]
    partners = (scene.other, *scene.counted[:2], *scene.forgotten[:2])
    for names, partner in itertools.product(sets, partners):
        yield dress.plain({**scene.main, **{name: partner[name] for name in names}})
        yield dress.plain({**partner, **{name: scene.main[name] for name in names}})


def types(_: random.Random, scene: Scene) -> Iterator[bytes]:
    """Each field as a value of another type, or written as no number or text may be."""
    for at, name in enumerate(FIELDS):
        for value in (*_TYPES, *_rewritten(scene.main[name])):
            parts = dress.pairs(scene.main)
            parts[at] = (parts[at][0], value)
            yield dress.join(parts)
    yield from _wrapped(dress.plain(scene.main))


def _rewritten(value: str | int) -> Iterator[str]:
    """The very value, but otherwise written."""
    own = json.dumps(value)
    yield from (f"[{own}]", f'{{"value":{own}}}', f"[[[[{own}]]]]", json.dumps(own), f"{own} {own}")
    yield from (f"{own}:{own}", f"{own}\0", f"\ufeff{own}")
    if isinstance(value, int):
        yield from (f"{value}.{zeros}" for zeros in ("", "0", "00", "000000", "0e0", "0E+0"))
        yield from (f"{value}{power}" for power in ("e0", "E0", "e+0", "e-0", "0e-1", "00e-2"))
        yield from (f'"{value}{zeros}"' for zeros in ("", " ", ".0", ".00", "e0", "\\n"))
        yield from (f'"{before}{value}"' for before in (" ", "+", "0", "00"))
        yield f"{value / 1000}e3"
        yield from (f"0{value}", f"+{value}", f"-{value}", f"0x{value:x}")
        yield from (f"{value + 2**64}", f"{value + 2**32}", f"{value}n", f"{value}_0", f"{value},0")
        yield "".join(chr(0xFF10 + int(digit)) for digit in str(value))
    else:
        letters = "".join(f"\\u{ord(letter):04x}" for letter in value)
        yield from (f'"{letters}"', f'"{letters.upper()}"', json.dumps(list(value)), value)
        yield from (f"'{value}'", f'"{value}', f'{value}"', f'b"{value}"')


def _wrapped(body: bytes) -> Iterator[bytes]:
    """A whole true receipt inside, before or behind something else."""
    text = json.dumps(body.decode()).encode()
    yield from (b"[" + body + b"]", b'{"receipt":' + body + b"}", text, body + body, body + b",{}")
    yield from (b"\xef\xbb\xbf" + body, body + b"\0", b"\0" + body, body + b"\0" + body, body[1:-1])
    yield from (body + b"{", body + b"}", body + b"]", b"[" + body, b"," + body, body + b"null")
    yield from (body.decode().encode("utf-16"), body.decode().encode("utf-32-le"))
    yield from (b"//\n" + body, body + b"//", b"mac=1&" + body, b")]}'\n" + body)


def doubled(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """A name twice: the true value first or last, far or near, by another spelling."""
    parts = dress.pairs(scene.main)
    for where, name in enumerate(FIELDS):
        values = (*_false(rng, scene, name), parts[where][1])
        for key, value in itertools.product(_spellings(name), values):
            for place in (where, where + 1, 0, len(parts)):
                yield dress.join([*parts[:place], (key, value), *parts[place:]])


def _spellings(name: str) -> tuple[str, ...]:
    """A name as JSON in ways that are the same to a parser, or nearly."""
    return json.dumps(name), dress.escape(json.dumps(name)), f'"{name}\\u0000"'


def _false(rng: random.Random, scene: Scene, name: str) -> Iterator[str]:
    yield from ("null", "[]", json.dumps(scene.other[name]))
    yield json.dumps(rng.choice((1, 0, "", "paid", "x")))


def slides(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Bytes shifted between neighbours, so that only the sizes before the texts tell them apart.

    Once under the old MAC, once under one that is made without the sizes.
    """
    for names in (BEFORE_AMOUNT, AFTER_AMOUNT):
        for one, other in itertools.pairwise(names):
            for text, rest in _splits(scene.main, one, other):
                slid = {**scene.main, one: text, other: rest}
                yield dress.plain(slid)
                yield dress.plain(_unsized(scene, slid))
    yield from _over_the_amount(rng, scene)


def _splits(receipt: Receipt, one: str, other: str) -> Iterator[tuple[str, str]]:
    """Ways to cut two texts otherwise: of their letters, and of their bytes with the sizes."""
    joined = receipt[one] + receipt[other]
    yield from ((joined[:at], joined[at:]) for at in range(len(joined) + 1))
    sized = receipt[one] + prefixed(receipt[other]).decode("latin-1")
    yield from ((sized[:at], sized[at + 1 :]) for at in range(len(sized)))
    yield from ((sized[:at], sized[at:]) for at in range(len(sized)))


def _over_the_amount(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Bytes of the texts before and behind the amount taken for the amount, and the other way."""
    main = scene.main
    whole = octets(main["attempt"]) + main["amount"].to_bytes(8, "big") + octets(main["currency"])
    for at in range(1, len(whole) - 8):
        before, number, behind = whole[:at], whole[at : at + 8], whole[at + 8 :]
        slid = {
            **main,
            "attempt": before.decode("latin-1"),
            "amount": int.from_bytes(number, "big"),
            "currency": behind.decode("latin-1"),
        }
        yield dress.plain(slid)
        yield dress.plain(_unsized(scene, slid, rng.random() < 0.5))


def letters(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Well signed texts with characters of every kind, in escapes and as they are: control
    characters and halves of characters, which no text has; and others, which are genuine."""
    said = ("transaction",) if scene.main["state"] == "closed" else ("transaction", "reason")
    for code in (*range(32), *range(0x7F, 0xA0), *_HALVES, *rng.sample(_ANY, _LETTERS)):
        name, at = rng.choice(said), rng.randrange(3)
        receipt = scene.display.sign(scene.main, **{name: "T4"[:at] + chr(code) + "T4"[at:]})
        yield dress.plain(receipt)
        yield octets(json.dumps(receipt, ensure_ascii=False))
    for _ in range(_LETTERS):
        wild = "".join(map(chr, rng.sample(_ANY, 10)))
        yield dress.plain({**scene.main, "transaction": wild})
        yield octets(json.dumps({**scene.main, "order": wild[:5]}, ensure_ascii=False))


def _unsized(scene: Scene, receipt: Receipt, label: bool = True) -> Receipt:
    """A receipt with the MAC of its bytes without the sizes, under the true key."""
    signed = encoded(receipt, LABEL if label else b"", sizes=False)
    return {**receipt, "mac": hmac.digest(scene.display.key_of(receipt), signed, "sha256").hex()}
