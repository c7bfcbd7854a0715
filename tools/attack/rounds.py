"""A round: a book of attempts from empty to full, and everything that is tried on it.

The display has a new name and key. Eight attempts get their receipts, the register has their
outcomes, and the book forgets them as it fills with sixteen more. Three of those get their
receipts first. Two stay open while everything forged is tried; the others get theirs meanwhile,
each at a time of its own, and from then on these are replays. At the end the two that stood
through all of it get theirs, and the book is asked what it knows of each attempt. What the rule
(rule.py) does not call forged is tried last, each on a new book, as it would count.
"""

import dataclasses
import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator

from tools.attack import bodies, charges, dress, fields, rule, signed, taps
from tools.attack.scene import Scene, some_display, some_receipt, some_word
from tools.attack.signing import Receipt
from tools.attack.target import CHARGE, JUDGE, MEMORY, STATE, TAP, Step

CLASSES: dict[str, Callable[[random.Random, Scene], Iterable[bytes]]] = {
    "flips": bodies.flips,
    "cuts": bodies.cuts,
    "edits": bodies.edits,
    "oversize": bodies.oversize,
    "noise": bodies.noise,
    "documents": bodies.documents,
    "changed": fields.changed,
    "swaps": fields.swaps,
    "types": fields.types,
    "doubled": fields.doubled,
    "slides": fields.slides,
    "letters": fields.letters,
    "keys": signed.keys,
    "numbers": signed.numbers,
    "machines": signed.machines,
    "wrong": signed.wrong,
    "stale": signed.stale,
    "replays": signed.replays,
    "macs": signed.macs,
}
"""Who makes bodies of each class; some of them are not forged after all, which the rule tells."""
CHARGES: dict[str, Callable[[random.Random, Scene], Iterable[bytes]]] = {
    "charge": charges.true,
    "charge bytes": charges.changed,
    "charge wrong": charges.wrong,
}
"""The same of charges."""
TAPS: dict[str, Callable[[random.Random, Scene], Iterable[bytes]]] = {
    "tap": taps.true,
    "tap bytes": taps.changed,
    "tap wrong": taps.wrong,
}
"""The same of the backend's words on a tap."""
_MOST_STEP = 6
_MOST_ATTEMPTS = 16
_FORGOTTEN = 8
_COUNTED = 3
_LIVES = (("paid",), ("failed",), ("closed",), ("failed", "paid"), ("closed", "paid"))
"""What is said of an attempt, one word after the other."""


def tries(rng: random.Random, scene: Scene) -> Iterator[Step]:
    """All bodies of all classes, each once.

    They come in a random order, and the classes take turns, so that the first ones are a fair
    sample.
    """
    classes = CLASSES | CHARGES | (TAPS if scene.tap else {})
    made = {body: group for group, make in classes.items() for body in make(rng, scene)}
    of_class: dict[str, list[bytes]] = {group: [] for group in classes}
    for body in rng.sample(list(made), len(made)):
        of_class[made[body]].append(body)
    for turn in itertools.zip_longest(*of_class.values()):
        for group, body in zip(classes, turn, strict=True):
            if body is not None:
                yield _try(body, group, scene)


def _try(body: bytes, group: str, scene: Scene) -> Step:
    if group in CHARGES:
        sort, charge = rule.judge_charge(body, scene)
        answer = ["accepted", charge["attempt"], charge["text"]] if charge else None
        return Step(CHARGE, body, group, sort, answer)
    if group in TAPS:
        sort, word = rule.judge_word(body, scene)
        return Step(TAP, body, group, sort, _put(word) if word else None)
    sort, receipt = rule.judge(body, scene)
    return Step(JUDGE, body, group, sort, taken(receipt) if receipt else None)


def _put(word: Receipt) -> list:
    """The answer to a word on a tap that is accepted."""
    return ["accepted", word["step"], word["verb"], rule.data_of(word).hex()]


def taken(receipt: Receipt) -> list:
    """The answer to a receipt that is accepted."""
    return ["accepted", *(receipt[name] for name in ("attempt", "state", "transaction", "reason"))]


class Round:
    """The records of one round."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._display = some_display(rng)
        self._known: dict[str, list] = {}
        """What the book must know of each attempt in the end."""

    def steps(self, most: int) -> list[Step]:
        """All records, with about so many forged bodies at most."""
        forgotten, counted, turns = (
            [self._life() for _ in range(count)]
            for count in (_FORGOTTEN, _COUNTED, _MOST_ATTEMPTS - _COUNTED - 3)
        )
        main, other, machines = (self._standing() for _ in range(3))
        steps = [
            self._book(),
            Step(MEMORY, b""),
            *self._lived(forgotten, True),
            *self._lived(counted, False),
        ]
        steps += [self._open(one) for one in (main, other, *(life[0] for life in turns))]
        steps.append(self._open(machines, "machine"))
        self._known.update({life[0]["attempt"]: [] for life in forgotten})
        opened = {one["attempt"]: one for one in (main, other)}
        lived = (_all(counted), _all(forgotten))
        tap = (taps.some_tap(self._rng), self._rng.randrange(_MOST_STEP))
        scene = Scene(self._display, main, other, opened, *lived, machines, *tap)
        held = list(self._held(scene))
        tried, spared = self._tried(scene, most)
        steps += held
        steps += self._mixed(turns, tried)
        steps += [self._genuine(main, "at the end"), self._genuine(other, "at the end")]
        steps += (_ask(nonce, known) for nonce, known in self._known.items())
        for step in spared:
            steps += [self._book(), self._open(main), self._open(other)]
            steps += [*(held if step.kind == TAP else ()), step]
        return [*steps, self._book(), Step(MEMORY, b"")]

    def _book(self) -> Step:
        display = self._display
        keys = [(number, key.hex()) for number, key in display.keys]
        return Step(b"B", json.dumps([display.name, keys]).encode())

    def _held(self, scene: Scene) -> Iterator[Step]:
        """A card is held to the reader, and asked as often as the scene says."""
        main = scene.main
        yield Step(b"T", json.dumps([main["attempt"], scene.tap]).encode())
        for step in range(scene.step):
            now = dataclasses.replace(scene, step=step)
            word = taps.word_of(now, "apdu", self._rng.randbytes(5))
            body = taps.signed(word, scene.display.key_of(main))
            yield Step(TAP, body, "before", rule.GENUINE, _put(json.loads(body)))

    def _open(self, receipt: Receipt, method: str = "qr") -> Step:
        self._known.setdefault(receipt["attempt"], ["", "", ""])
        names = ("attempt", "order", "register", "amount", "currency")
        return Step(b"O", json.dumps([*(receipt[name] for name in names), method]).encode())

    def _standing(self) -> Receipt:
        """The receipt of an attempt that stays open; most say `paid`."""
        state = self._rng.choice(("paid", "paid", "paid", "failed", "closed"))
        return some_receipt(self._rng, self._display, state)

    def _life(self) -> list[Receipt]:
        """The receipts of one attempt, in their order."""
        first, *rest = self._rng.choice(_LIVES)
        receipt = some_receipt(self._rng, self._display, first)
        words = (some_word(self._rng, state) for state in rest)
        return [receipt, *(self._display.sign(receipt, **word) for word in words)]

    def _genuine(self, receipt: Receipt, group: str) -> Step:
        self._known[receipt["attempt"]] = taken(receipt)[2:]
        body = dress.dressed(self._rng, receipt)
        return Step(JUDGE, body, group, rule.GENUINE, taken(receipt))

    def _lived(self, lives: list[list[Receipt]], delivered: bool) -> Iterator[Step]:
        """Attempts and their receipts; delivered: the book may forget them."""
        for life in lives:
            yield self._open(life[0])
            for receipt in life:
                yield self._genuine(receipt, "before")
            if delivered:
                yield Step(b"D", life[0]["attempt"].encode())

    def _tried(self, scene: Scene, most: int) -> tuple[list[Step], list[Step]]:
        """Forged bodies, and those that are not."""
        forged: list[Step] = []
        spared: list[Step] = []
        for step in tries(self._rng, scene):
            if len(forged) >= most:
                break
            (forged if step.sort == rule.FORGED else spared).append(step)
        return forged, spared

    def _mixed(self, turns: list[list[Receipt]], forged: list[Step]) -> list[Step]:
        """Forged bodies with genuine ones among them, and the replays of these."""
        timed = [(self._rng.random(), step) for step in forged]
        for life in turns:
            times = sorted(self._rng.random() for _ in life)
            for time, receipt in zip(times, life, strict=True):
                timed.append((time, self._genuine(receipt, "in between")))
                for body in signed.again(self._rng, self._display, receipt):
                    later = self._rng.uniform(time, 1)
                    timed.append((later, Step(JUDGE, body, "replays", rule.FORGED)))
        timed.sort(key=lambda one: one[0])
        return [step for _, step in timed]


def _all(lives: list[list[Receipt]]) -> list[Receipt]:
    return list(itertools.chain.from_iterable(lives))


def _ask(nonce: str, known: list) -> Step:
    return Step(STATE, nonce.encode(), answer=known)
