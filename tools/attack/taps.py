"""Forgeries of the backend's words on a tap (PROTOCOL.md, 14): changed, swapped, said before, or
well signed for something else."""

import base64
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from tools.attack import any_word, dress
from tools.attack.scene import Scene, some_receipt
from tools.attack.signing import (
    CHARGE_LABEL,
    LABEL,
    TAP_FIELDS,
    TAP_LABEL,
    encoded,
    octets,
    prefixed,
    sign_bytes,
    tap_encoded,
)

Word = dict[str, Any]
"""A word as the JSON object that travels, but for `data`, which is bytes here."""
_SAID: tuple[tuple[str, bytes], ...] = (
    ("apdu", bytes.fromhex("00b2010c00")),
    ("apdu", b"\x80\xae\x80\x00\xff" + bytes(range(255)) + b"\0"),
    ("apdu", b""),
    ("wait", b""),
    ("again", b"card_gone"),
)
_BAD_DATA = ("A", "AA=", "====", "A" * 352, "é", "\ud83d", "AAAA" * 200)
_STEPS = 101


def some_tap(rng: random.Random) -> str:
    """The name of a tap."""
    return rng.randbytes(4).hex()


def word_of(scene: Scene, verb: str, data: bytes, **changes: object) -> Word:
    """A word on the tap, without its MAC."""
    main = scene.main
    word = {"attempt": main["attempt"], "tap": scene.tap, "step": scene.step, "verb": verb}
    return {**word, "data": data, "key": main["key"], **changes}


def signed(word: Word, key: bytes, side: str = "backend", label: bytes = TAP_LABEL) -> bytes:
    """The body of a word, with its MAC."""
    return _body({**word, "mac": sign_bytes(tap_encoded(word, word["data"], side, label), key)})


def _body(word: Word) -> bytes:
    data = base64.b64encode(word["data"]).decode()
    return json.dumps({name: {**word, "data": data}[name] for name in TAP_FIELDS}).encode()


def true(_: random.Random, scene: Scene) -> Iterator[bytes]:
    """Each word under each key, in its own order and another, and with more around its base64."""
    for (verb, data), (number, key) in itertools.product(_SAID, scene.display.keys):
        body = signed(word_of(scene, verb, data, key=number), key)
        whole = json.loads(body)
        yield body
        yield dress.join([*reversed(dress.pairs(whole)), ('"note"', "null")])
        yield json.dumps({**whole, "data": whole["data"] + "\n"}).encode()
        yield json.dumps({**whole, "mac": whole["mac"].upper()}).encode()


def changed(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """One field changed or gone under the old MAC, a value of another type, damaged, cut."""
    key = scene.display.key_of(scene.main)
    body = signed(word_of(scene, *_SAID[0]), key)
    whole = json.loads(body)
    other = json.loads(signed(word_of(scene, *_SAID[4], tap=some_tap(rng)), key))
    for name in TAP_FIELDS:
        yield from any_word.changed(whole, other, name, str(whole[name]) + "0")
    yield from (json.dumps({**whole, "data": data}).encode() for data in _BAD_DATA)
    for at, bit in itertools.product(range(5), range(8)):
        flipped = bytearray(_SAID[0][1])
        flipped[at] ^= 1 << bit
        yield json.dumps({**whole, "data": base64.b64encode(flipped).decode()}).encode()
    yield from any_word.damaged(rng, body)


def wrong(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Well signed, but of another attempt, tap, step, side, verb, size or key, or said before."""
    main = scene.main
    key = scene.display.key_of(main)
    others = (scene.other, *scene.counted, *scene.forgotten, some_receipt(rng, scene.display))
    for verb, data in _SAID:
        word = word_of(scene, verb, data)
        for step in range(_STEPS + 1):
            if step != scene.step:
                yield signed({**word, "step": step}, key)
                at_another = sign_bytes(tap_encoded({**word, "step": step}, data), key)
                yield _body({**word, "mac": at_another})
        for tap in (some_tap(rng), scene.tap[::-1], scene.tap.upper() + " ", scene.tap[:-1], ""):
            yield signed({**word, "tap": tap}, key)
            yield _body({**word, "mac": sign_bytes(tap_encoded({**word, "tap": tap}, data), key)})
        for other in others:
            theirs = {**word, "attempt": other["attempt"]}
            yield signed(theirs, key)
            yield _body({**word, "mac": sign_bytes(tap_encoded(theirs, data), key)})
        for verb in ("emv", "ndef", "answer", "gone", "paid", "", "APDU"):
            yield signed({**word, "verb": verb}, key)
        for side in ("display", "Backend", ""):
            yield signed(word, key, side)
        for number, stranger in any_word.wrong_keys(rng, scene):
            yield signed({**word, "key": number}, stranger)
        yield from _of_other_domains(scene, word)
    for size in (262, 263, 300, 512):
        yield signed(word_of(scene, "apdu", rng.randbytes(size)), key)


def _of_other_domains(scene: Scene, word: Word) -> Iterator[bytes]:
    """MACs that the key has made for this attempt, but of something else, or without the sizes."""
    main, key, data = scene.main, scene.display.key_of(scene.main), word["data"]
    for label in (LABEL, CHARGE_LABEL, b"tillqr code", b"tillqr query", b"tillqr", b""):
        yield signed(word, key, "backend", label)
    slid = tap_encoded(word, data).replace(prefixed("backend"), b"backend")
    bare = TAP_LABEL + octets(main["attempt"]) + octets(scene.tap) + octets(word["verb"]) + data
    unsized = tap_encoded(word, data)[: -2 - len(data)] + data
    for under in (slid, bare, unsized, encoded(main), b""):
        yield _body({**word, "mac": sign_bytes(under, key)})
    yield _body({**word, "mac": main["mac"]})
