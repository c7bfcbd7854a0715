"""Forgeries of bytes: flipped, cut, spliced, too long, random."""

import json
import random
import string
from collections.abc import Iterator

from tools.attack import dress
from tools.attack.rule import MOST_BYTES
from tools.attack.scene import Scene
from tools.attack.signing import FIELDS

_EDITS = 700
_NOISE = 250
_DOCUMENTS = 350
_LONG = (769, 770, 800, 1024, 1025, 2048, 4096, 16_000, 65_000)
_LONGEST_NOISE = 900


def flips(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Every bit of every byte."""
    body = rng.choice((dress.plain, dress.compact))(scene.main)
    for at in range(len(body)):
        for bit in range(8):
            yield body[:at] + bytes((body[at] ^ 1 << bit,)) + body[at + 1 :]


def cuts(_: random.Random, scene: Scene) -> Iterator[bytes]:
    """Cut at every length, from either end; with the bracket or the string closed again."""
    body = dress.plain(scene.main)
    for size in range(len(body)):
        yield body[:size]
        yield body[:size] + b"}"
        yield body[:size] + b'"}'
        yield b"{" + body[size + 1 :]
        yield body[size + 1 :]
        yield body[:size].ljust(len(body))


def edits(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """A few bytes put in, left out, replaced or swapped; and parts of another receipt."""
    body, other = dress.plain(scene.main), dress.plain(scene.other)
    for _ in range(_EDITS):
        changed = bytearray(body)
        for _ in range(rng.randint(1, 4)):
            _edit(rng, changed, other)
        yield bytes(changed)


def _edit(rng: random.Random, body: bytearray, other: bytes) -> None:
    at = rng.randrange(len(body) - 8)
    size = rng.randint(1, 8)
    kind = rng.randrange(6)
    if kind == 0:
        body[at:at] = rng.randbytes(size)
    elif kind == 1:
        del body[at : at + size]
    elif kind == 2:
        body[at] = rng.choice(b'{}[]":,0123456789abcdef\\ \0')
    elif kind == 3:
        body[at], body[at + 1] = body[at + 1], body[at]
    elif kind == 4:
        body[at : at + size] = body[at : at + size] * 2
    else:
        body[at : at + 5 * size] = other[at : at + 5 * size]


def oversize(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """True receipts that are longer than a receipt may be."""
    body = dress.plain(scene.main)
    for size in _LONG:
        blanks = size - len(body)
        yield body + b" " * blanks
        yield b"\n" * blanks + body
        yield body[:-1] + b"\t" * blanks + b"}"
        if blanks > 10:
            yield body[:-1] + b', "x": "' + b"y" * (blanks - 9) + b'"}'
        yield body + b"\0" * blanks
        yield body + rng.randbytes(blanks)
        yield (body + b"," + body * (size // len(body)))[:size]
        yield b"[" * size


def noise(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Random bytes, random printable characters, random brackets; nothing; a MAC alone."""
    yield from (b"", scene.main["mac"].encode(), bytes.fromhex(scene.main["mac"]))
    for _ in range(_NOISE):
        size = rng.choice((rng.randint(1, 40), rng.randint(1, _LONGEST_NOISE), MOST_BYTES))
        yield rng.randbytes(size)
        yield "".join(rng.choices(string.printable, k=size)).encode()
        yield "".join(rng.choices('{}[]":, 0truefalsn\\', k=size)).encode()
        yield "".join(chr(rng.randrange(0x80, 0xD7FF)) for _ in range(size // 4)).encode()


def documents(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Random JSON, much of it with a receipt's names and some of its values."""
    for _ in range(_DOCUMENTS):
        yield json.dumps(_value(rng, 0)).encode()
        names = rng.sample(FIELDS, rng.randint(1, len(FIELDS)))
        yield json.dumps({name: _value(rng, 3) for name in names}).encode()
        changed = dict(scene.main)
        for name in rng.sample(FIELDS, rng.randint(1, 4)):
            changed[name] = _value(rng, 3)
        yield json.dumps(changed).encode()


def _value(rng: random.Random, depth: int) -> object:
    """A value of any kind; lists and objects down to some depth."""
    kind = rng.randrange(8 if depth < 4 else 6)
    if kind == 6:
        return [_value(rng, depth + 1) for _ in range(rng.randrange(5))]
    if kind == 7:
        return {_word(rng): _value(rng, depth + 1) for _ in range(rng.randrange(5))}
    if kind == 5:
        return _word(rng)
    return (None, True, rng.randint(-(2**70), 2**70), rng.uniform(-1e9, 1e9), rng.randint(0, 300))[
        kind
    ]


def _word(rng: random.Random) -> str:
    return rng.choice((*FIELDS, "paid", "EUR", "", "x" * rng.randrange(50), "é\u2028\0"))
