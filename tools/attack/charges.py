"""Forgeries of charges: what a code of the backend's says (PROTOCOL.md, 8.1), changed, swapped,
or well signed for something else."""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from tools.attack import any_word, dress
from tools.attack.scene import CURRENCIES, PAYMENT, Scene, some_receipt
from tools.attack.signing import (
    CHARGE_FIELDS,
    CHARGE_LABEL,
    LABEL,
    Receipt,
    charge_encoded,
    octets,
    prefixed,
    sign_bytes,
)

Charge = dict[str, Any]
"""A charge as the JSON object that travels."""
_TEXTS = (
    "weixin://wxpay/bizpayurl?pr=NwY5Mz9",
    "HTTPS://PAY.EXAMPLE.COM/C/0042",
    'a"b\\c/d {}[] ~',
    "x",
    " ",
    "9" * 512,
)
_BAD_TEXTS = ("", "x" * 513, "x\n", "\0", "x\x7f", "\x1fx", "Zürich", "支付", "x\u2028", "\u00a0")


def some_charge(rng: random.Random, receipt: Receipt, text: str = "") -> Charge:
    """A charge of the attempt of a receipt, without its MAC."""
    names = ("version", "device", "attempt", "key")
    return {**{name: receipt[name] for name in names}, "text": text or rng.choice(_TEXTS)}


def signed(charge: Charge, attempt: Receipt, key: bytes, label: bytes = CHARGE_LABEL) -> bytes:
    """The body of a charge with the MAC of an attempt."""
    made = {**charge, "mac": sign_bytes(charge_encoded(charge, attempt, label), key)}
    return json.dumps({name: made[name] for name in CHARGE_FIELDS}).encode()


def true(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Each text under each key, in its own order and another."""
    for text, (number, key) in itertools.product(_TEXTS, scene.display.keys):
        charge = {**some_charge(rng, scene.main, text), "key": number}
        body = signed(charge, scene.main, key)
        parts = dress.pairs(json.loads(body))
        yield body
        yield dress.join([*reversed(parts), ('"note"', "null")])


def changed(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """One field changed or gone under the old MAC, a value of another type, damaged, cut."""
    main, other = scene.main, scene.other
    key = scene.display.key_of(main)
    charge = some_charge(rng, main, _TEXTS[0])
    body = signed(charge, main, key)
    whole = json.loads(body)
    theirs = json.loads(signed(some_charge(rng, other), other, scene.display.key_of(other)))
    for name in CHARGE_FIELDS:
        yield from any_word.changed(whole, theirs, name, str(whole[name]).upper())
    for text in (*_TEXTS[1:], *_BAD_TEXTS, charge["text"] + "0", charge["text"][:-1]):
        yield json.dumps({**whole, "text": text}).encode()
    yield from any_word.damaged(rng, body)


def wrong(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Well signed, but of another attempt, device, amount, currency, version, text or key."""
    main = scene.main
    key = scene.display.key_of(main)
    charge = some_charge(rng, main)
    for attempt in _other_attempts(rng, scene):
        yield signed(charge, attempt, key)
        yield signed({**charge, "attempt": attempt["attempt"]}, main, key)
    for device in (main["device"] + "0", main["device"][:-1], main["device"].swapcase(), "D-other"):
        yield signed({**charge, "device": device}, main, key)
        body = json.loads(signed(charge, {**main, "device": device}, key))
        yield json.dumps({**body, "device": device}).encode()
    yield from (signed({**charge, "version": version}, main, key) for version in (0, 2, 257, -1))
    yield from (signed({**charge, "text": text}, main, key) for text in _BAD_TEXTS)
    for number, stranger in any_word.wrong_keys(rng, scene):
        yield signed({**charge, "key": number}, main, stranger)
    yield from _of_other_domains(scene, charge)


def _other_attempts(rng: random.Random, scene: Scene) -> Iterator[Receipt]:
    """This attempt with another amount or currency, and others."""
    main, amount = scene.main, scene.main["amount"]
    near = (amount + step for step in (-1000, -100, -10, -1, 1, 10, 100, 1000, 2**32))
    for other in (*near, amount * 10, amount // 10, scene.other["amount"]):
        yield {**main, "amount": other}
    yield from ({**main, "currency": code} for code in (*CURRENCIES, main["currency"].lower()))
    machines = [scene.machines] if scene.machines else []
    known = (scene.other, *scene.forgotten, *machines, some_receipt(rng, scene.display))
    for other in known:
        yield other
        yield {**main, "attempt": other["attempt"]}
        yield {**main, **{name: other[name] for name in PAYMENT}}


def _of_other_domains(scene: Scene, charge: Charge) -> Iterator[bytes]:
    """MACs that the key has made for this attempt, but of something else, or without the sizes."""
    main, key = scene.main, scene.display.key_of(scene.main)
    for label in (LABEL, b"tillqr code", b"tillqr query", b"tillqr", b""):
        yield signed(charge, main, key, label)
    code = prefixed(main["device"]) + prefixed(main["attempt"]) + octets(charge["text"])
    slid = charge_encoded(charge, main).replace(octets(main["currency"]), b"")
    for data in (b"tillqr query" + b"open" + code, LABEL + code, CHARGE_LABEL + code, code, slid):
        yield json.dumps({**charge, "mac": sign_bytes(data, key)}).encode()
    yield json.dumps({**charge, "mac": main["mac"]}).encode()
    most = {name: value for name, value in main.items() if name != "transaction"}
    yield json.dumps({**most, "text": charge["text"]}).encode()  # with it, it is a receipt
