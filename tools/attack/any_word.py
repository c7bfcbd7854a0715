"""What is done to each signed word of the backend, whatever it says: to its fields, its bytes, and
the key under it."""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from tools.attack.scene import Scene

_VALUES: tuple[object, ...] = (None, True, False, 0, -1, 1.0, 2, 256, 2**64, "", "1", [], {}, [1])
_DAMAGED = 60
_CUTS = 40
_NUMBERS = 24
_STRANGERS = 20


def changed(
    whole: dict[str, Any], theirs: dict[str, Any], name: str, *more: object
) -> Iterator[bytes]:
    """A word with another value in a field, or without it, and another word with this one's value,
    each under the MAC that it had; more: values beside those that any field gets."""
    for value in (*_VALUES, theirs[name], str(whole[name]) + " ", *more):
        yield json.dumps({**whole, name: value}).encode()
    yield json.dumps({**theirs, name: whole[name]}).encode()
    yield json.dumps({field: value for field, value in whole.items() if field != name}).encode()


def damaged(rng: random.Random, body: bytes) -> Iterator[bytes]:
    """A body with one bit flipped, and cut."""
    for _ in range(_DAMAGED):
        at, bit = rng.randrange(len(body)), rng.randrange(8)
        yield body[:at] + bytes((body[at] ^ 1 << bit,)) + body[at + 1 :]
    yield from (body[: rng.randrange(len(body))] for _ in range(_CUTS))


def wrong_keys(rng: random.Random, scene: Scene) -> Iterator[tuple[int, bytes]]:
    """Keys with the number to name each by: others, those that are gone, and the two present ones
    under each other's number."""
    had = (*scene.display.keys, *scene.display.gone)
    for (number, _), (_, key) in itertools.permutations(had, 2):
        yield number, key
    yield from scene.display.gone
    own = scene.display.key_of(scene.main)
    yield from ((number, own) for number in rng.sample(range(256), _NUMBERS))
    yield from ((scene.main["key"], rng.randbytes(32)) for _ in range(_STRANGERS))
