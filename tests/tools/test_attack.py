"""The campaign of forged results: it passes, each fault makes it fail, and its rule is right."""

import dataclasses
import itertools
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from host_sim.gateway import receipts
from host_sim.gateway.codes import Device, Payment
from tests import vectors
from tools.attack import board, campaign, charges, dress, lax, rule, signing, spoil, taps, ways
from tools.attack.__main__ import main
from tools.attack.rounds import CHARGES, CLASSES, TAPS, tries
from tools.attack.scene import Scene, some_display, some_receipt
from tools.attack.tally import ACCEPTED, CHARGE_REFUSALS, REFUSALS, TAP_REFUSALS, last_line
from tools.attack.target import RUNTIMES, Step

FORGED = 900
SEEDS = (2, 6)
"""Of rounds in which the receipt under attack has a text to slide letters from."""
NOTHING_ACCEPTED = {"raise", "leak"}
"""Faults that let nothing forged through: something else is wrong with them."""


@pytest.fixture(scope="module")
def rounds() -> list[list[Step]]:
    made = (next(campaign.rounds(FORGED, seed)) for seed in SEEDS)
    return list(made)


def a_scene(seed: int = 2) -> Scene:
    rng = random.Random(seed)
    display = some_display(rng)
    main, other = (some_receipt(rng, display) for _ in range(2))
    return Scene(display, main, other, {one["attempt"]: one for one in (main, other)}, (), ())


# The firmware under attack.


def test_nothing_forged_counts_and_all_that_is_true(rounds: list[list[Step]]) -> None:
    tallies = campaign.run(rounds, RUNTIMES)
    for tally in tallies:
        assert tally.passed, tally.complaints
        assert tally.tried(rule.FORGED) >= len(SEEDS) * FORGED
        assert tally.tried(rule.GENUINE) > 40
        assert {group for sort, group in tally.rows if sort == rule.FORGED} == {
            *CLASSES,
            *CHARGES,
            *TAPS,
        } - {"charge", "tap"}
        refused = {name for row in tally.rows.values() for name in row.names}
        assert refused == REFUSALS | CHARGE_REFUSALS | TAP_REFUSALS
    assert re.fullmatch(
        r"attack: (\d+) forged, 0 accepted; (\d+) genuine, \2 accepted", last_line(tallies)
    )


@pytest.mark.parametrize("fault", sorted(spoil.FAULTS))
def test_every_fault_is_found(fault: str, rounds: list[list[Step]]) -> None:
    for tally in campaign.run(rounds, RUNTIMES, fault):
        assert not tally.passed, tally.target
        assert tally.complaints, tally.target
        assert (tally.accepted(rule.FORGED) == 0) == (fault in NOTHING_ACCEPTED), tally.target


def test_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--forged", "300", "--board-forged", "0", "--seed", "2"]
    assert main(arguments) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"attack: \d+ forged, 0 accepted; (\d+) genuine, \1 accepted", last)
    assert main([*arguments, "--spoil", "any_mac"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"attack: \d+ forged, [1-9]\d* accepted; \d+ genuine, \d+ accepted", last)


def test_the_same_seed_makes_the_same_bodies(rounds: list[list[Step]]) -> None:
    assert next(campaign.rounds(FORGED, SEEDS[0])) == rounds[0] != rounds[1]


# A board under attack.


@pytest.mark.parametrize("way", board.WAYS)
def test_a_board(way: ways.MakeWay) -> None:
    tally = board.run(forged=30, sales=2, seed=4, way=way)
    assert tally.passed, tally.complaints
    assert (tally.tried(rule.FORGED), tally.tried(rule.GENUINE)) == (30, 2)


class Talkative(ways.Http):
    """A way that tells the board something of its own."""

    async def deliver(self, body: bytes) -> str:
        if body.startswith(b'{"version": 1'):
            await super().deliver(b"{}")
        return await super().deliver(body)


class Deaf(ways.Http):
    """A way that hears "accepted" whatever the board says."""

    async def deliver(self, body: bytes) -> str:
        await super().deliver(body)
        return ACCEPTED


@pytest.mark.parametrize(
    ("way", "complaint"), [(Talkative, "the board counts receipt_malformed"), (Deaf, "accepted")]
)
def test_a_board_that_is_told_otherwise(way: type[ways.Http], complaint: str) -> None:
    tally = board.run(forged=20, sales=1, seed=4, way=way)
    assert not tally.passed
    assert any(complaint in words for words in tally.complaints), tally.complaints


# What is forged.


def test_macs_are_those_of_the_protocol_and_of_the_backend() -> None:
    lines = vectors.load("receipts")
    for body, encoded in zip(lines[::2], lines[1::2], strict=True):
        receipt = json.loads(body)
        assert signing.encoded(receipt).hex() == encoded == receipts.encoded(receipt).hex()
        assert signing.sign({**receipt, "mac": ""}, bytes(range(32))) == receipt


def test_macs_of_charges_are_the_backends_too() -> None:
    scene = a_scene()
    main, (number, key) = scene.main, scene.display.keys[1]
    charge = {**charges.some_charge(random.Random(1), main, "PAY/0042"), "key": number}
    names = ("amount", "currency", "register", "order", "attempt")
    there: dict = {"device": main["device"], "serial": "", "address": "", "port": 0, "shop": ""}
    payment = Payment(**there, **{name: main[name] for name in names})
    made = receipts.sign_charge(payment, Device(main["device"], key, number), "PAY/0042")
    assert json.loads(charges.signed(charge, main, key)) == made


def test_macs_of_words_on_a_tap_are_those_of_the_protocol() -> None:
    names = {"attempt": "000102030405060708090a0b", "tap": "0a0b0c0d", "key": 1}
    for line in vectors.load("taps"):
        side, step, verb, data, mac = line.split(" ")
        word = {**names, "step": int(step), "verb": verb}
        under = signing.tap_encoded(word, bytes.fromhex(data.strip("-")), side)
        assert signing.sign_bytes(under, bytes(range(32))) == mac


def sorts(scene: Scene, *bodies: bytes) -> list[str]:
    return [rule.judge(body, scene)[0] for body in bodies]


def test_what_leaves_the_meaning_is_genuine() -> None:
    scene = a_scene()
    body = dress.plain(scene.main)
    mac = scene.main["mac"].encode()
    amount = b'"amount": %d' % scene.main["amount"]
    assert (
        sorts(
            scene,
            body,
            body.replace(b" ", b"\n\t"),
            body.replace(mac, mac.upper()),
            body.replace(b"device", rb"\u0064evice"),
            body.replace(amount, b'"amount": 7, ' + amount),
            body[:-1] + b', "more": [1e3]}',
            body.ljust(768),
            *(dress.dressed(random.Random(seed), scene.main) for seed in range(60)),
        )
        == [rule.GENUINE] * 67
    )


def test_what_changes_the_meaning_is_forged() -> None:
    scene = a_scene()
    body = dress.plain(scene.main)
    mac = scene.main["mac"].encode()
    amount = b'"amount": %d' % scene.main["amount"]
    sign = scene.display.sign
    assert (
        sorts(
            scene,
            body.replace(amount, amount + b', "amount": 7'),
            body.replace(amount, amount + b".0"),
            body.replace(amount, b'"amount": "%d"' % scene.main["amount"]),
            body.replace(mac, bytes((mac[0] ^ 1,)) + mac[1:]),
            body.replace(mac, mac[:62]),
            body.ljust(769),
            body[:-1],
            b"[" + body + b"]",
            b"\xff" + body,
            *(
                dress.plain(sign(scene.main, **{name: scene.other[name]}))
                for name in ("order", "amount")
            ),
            dress.plain(sign(scene.main, attempt="00" * 12)),
            dress.plain(sign(scene.main, state="late")),
            dress.plain(sign(scene.main, transaction="T" * 41)),
            dress.plain(sign(scene.main, transaction="T\n")),
            dress.plain(sign(scene.main, transaction="T\x9f")),
            dress.plain(sign(scene.main, transaction="T\ud83d")),
            dress.plain(signing.sign(scene.main, b"another device's key, 32 bytes..")),
        )
        == [rule.FORGED] * 18
    )


def test_what_only_one_reader_takes_is_unclear() -> None:
    scene = a_scene()
    body = dress.plain(scene.main)
    assert sorts(
        scene,
        body[:-1] + b"]",
        body.replace(b",", b""),
        body + b"\0{",
        body.replace(b'"version": 1', b'"version": 01'),
        body[:-1] + b', "more": NaN, 1}',
    ) == [rule.UNCLEAR] * 4 + [rule.FORGED]


def test_a_character_may_be_two_escapes() -> None:
    scene = a_scene()
    smile = scene.display.sign(scene.main, transaction="\U0001f600")
    body = dress.plain(smile)
    assert (
        sorts(
            scene,
            body,
            body.replace(b"ud83d", b"uD83D"),
            json.dumps(smile, ensure_ascii=False).encode(),
            body.replace(rb"\ude00", rb"\\ude00"),
            body.replace(rb"\ud83d", b""),
        )
        == [rule.GENUINE] * 3 + [rule.FORGED] * 2
    )


def test_either_key_counts_under_its_own_number() -> None:
    scene = a_scene()
    display, (now, before), (gone,) = scene.display, scene.display.keys, scene.display.gone
    made = [
        dress.plain(signing.sign({**scene.main, "key": number}, key))
        for number, key in (now, before, gone, (now[0], before[1]), (before[0], now[1]))
    ]
    assert sorts(scene, *made) == [rule.GENUINE] * 2 + [rule.FORGED] * 3
    assert display.key == now[1]


def test_a_charge_is_of_its_attempt() -> None:
    scene = a_scene()
    main, key = scene.main, scene.display.key_of(scene.main)
    charge = charges.some_charge(random.Random(1), main, "PAY/0042")
    body = charges.signed(charge, main, key)
    made = (
        body,
        body.replace(b"PAY", rb"\u0050AY"),
        body.replace(b"0042", b"0043"),
        charges.signed(charge, {**main, "amount": main["amount"] - 1}, key),
        charges.signed(charge, scene.other, key),
        charges.signed({**charge, "device": "D-other"}, main, key),
        charges.signed({**charge, "text": "x" * 513}, main, key),
        charges.signed(charge, main, key, signing.LABEL),
        body.replace(b'"version": 1', b'"version": true'),
        dress.plain(main),
    )
    found = [rule.judge_charge(one, scene)[0] for one in made]
    assert found == [rule.GENUINE] * 2 + [rule.FORGED] * 8


def test_a_word_is_of_its_tap_and_step() -> None:
    scene = dataclasses.replace(a_scene(), tap="0a0b0c0d", step=1)
    key = scene.display.key_of(scene.main)
    word = taps.word_of(scene, "apdu", b"\0\xb2\1\x0c\0")
    body = taps.signed(word, key)
    made = (
        body,
        body.replace(b"apdu", rb"\u0061pdu"),
        body.replace(b"ALIBDAA=", b"ALIB DAA="),
        body.replace(b"ALIBDAA=", b"ALIBDAE="),
        taps.signed({**word, "step": 2}, key),
        taps.signed({**word, "tap": "0a0b0c0e"}, key),
        taps.signed({**word, "attempt": scene.other["attempt"]}, key),
        taps.signed({**word, "verb": "gone"}, key),
        taps.signed({**word, "data": bytes(262)}, key),
        taps.signed(word, key, "display"),
        body.replace(b'"step": 1', b'"step": true'),
    )
    found = [rule.judge_word(one, scene)[0] for one in made]
    assert found == [rule.GENUINE] * 2 + [rule.UNCLEAR] + [rule.FORGED] * 8


DESCRIBE = """
def describe(read, octets, body):
    try:
        value = read(body)
    except ValueError:
        return "nothing"
    if type(value) is not dict:
        return type(value).__name__
    texts = (str, int)
    return str(sorted(
        (octets(name), type(one).__name__, octets(str(one)) if type(one) in texts else "")
        for name, one in value.items() if type(name) is str
    ))
"""
ON_THE_CHIP = f"""
import json, sys
{DESCRIBE}
def read(body):
    return json.loads(str(body, "utf-8"))
def octets(text):
    return text.encode().hex()
for line in sys.stdin:
    print(describe(read, octets, bytes.fromhex(line.strip())))
"""


def octets(text: str) -> str:
    try:
        return text.encode("utf-8", "surrogateescape").hex()  # as lax.read made it of no UTF-8
    except UnicodeError:
        return signing.octets(text).hex()


def test_the_lax_reader_reads_as_micropython_does() -> None:
    """Also what a flipped bit or a lost quotation mark makes of a receipt."""
    steps = itertools.islice(tries(random.Random(5), a_scene()), 1800)
    texts = [step.content for step in steps if len(step.content) <= rule.MOST_BYTES]
    names: dict = {}
    exec(DESCRIBE, names)
    ours = [names["describe"](lax.read, octets, text) for text in texts]
    run = subprocess.run(
        [Path(sys.executable).parent / "micropython", "-c", ON_THE_CHIP],
        input="".join(text.hex() + "\n" for text in texts),
        capture_output=True,
        text=True,
        env={**os.environ, "MICROPYPATH": ".frozen"},
        timeout=60,
    )
    assert run.returncode == 0, run.stdout[-300:] + run.stderr
    assert len(set(ours)) > 500
    for text, mine, chips in zip(texts, ours, run.stdout.splitlines(), strict=True):
        assert mine == chips, text
