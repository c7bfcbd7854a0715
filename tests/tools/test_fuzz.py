"""The campaign of mutated inputs: it passes, each fault is found, and a seed makes it again."""

import json
import random
import re
from pathlib import Path

import pytest

from tools.fuzz import campaign, corpus, differ, mend, oracles, spoil
from tools.fuzz.__main__ import main
from tools.fuzz.job import Job
from tools.fuzz.parsers import Broken
from tools.fuzz.parsers.all import PARSERS
from tools.fuzz.work import Worker

SEED = 7


def test_every_parser_has_its_share_and_a_valid_corpus() -> None:
    assert set(campaign.WEIGHTS) == set(PARSERS)
    for name in PARSERS:
        assert len(corpus.of(name)) >= 2, name


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_part_of_the_campaign_finds_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same inputs each time, by chance alone, as atheris need not be there."""
    runs = 60 + int(40 * campaign.WEIGHTS[name])
    worker = Worker(Job(name, SEED, runs, sample=60, every=20))
    monkeypatch.chdir(tmp_path)
    share = worker.by_chance()
    differ.compare(share)
    assert share.failures == []
    assert share.inputs == runs and share.compared == 60
    assert share.verdicts >= 5 and share.memory > 0


# By the fault's name: which parser has it, in how many inputs it is found, what is said of it.
FAULTS = {
    "raises": ("frames", 200, "IndexError: spoiled"),
    "out_of_step": ("frames", 400, "Broken: "),
    "endless": ("frames", 150, "steps"),
    "slow": ("frames", 100, "steps"),
    "hoard": ("requests", 2000, "bytes"),
    "brackets": ("objects", 1500, "RecursionError"),
    "any_mac": ("receipts", 100, "MAC is wrong"),
    "other_time": ("times", 300, "MicroPython"),
    "cut": ("tlvs", 300, "the backend refuses"),
}


@pytest.mark.parametrize("fault", sorted(spoil.FAULTS))
def test_every_fault_is_found(fault: str) -> None:
    parser, inputs, words = FAULTS[fault]
    how = campaign.Options(
        inputs=inputs, compared=400, seed=SEED, guided=False, spoil=fault, every=10, patience=0.3
    )
    (share,) = campaign.run([parser], how, lambda _: None)
    assert share.failed >= len(share.failures) > 0
    assert any(words in told for told, _ in share.failures), share.failures


def test_the_command_tells_and_replays(capsys: pytest.CaptureFixture[str]) -> None:
    short = ["--inputs", "900", "--compared", "50", "--by-chance", "--only", "frames"]
    assert main(short) == 0
    assert re.fullmatch(r"fuzz: 900 inputs, 0 failures", capsys.readouterr().out.split("\n")[-2])
    assert main([*short, "--spoil", "raises"]) == 1
    said = capsys.readouterr().out
    assert re.fullmatch(r"fuzz: 900 inputs, [1-9]\d* failures", said.split("\n")[-2])
    parser, octets = re.findall(r"--replay (\w+) (\w+)", said)[0]
    assert main(["--replay", parser, octets]) == 0
    assert "fuzz: 1 inputs, 0 failures" in capsys.readouterr().out


def test_the_same_seed_makes_the_same_inputs() -> None:
    def made(seed: int) -> list[bytes]:
        mutator = Worker(Job("receipts", seed, 1)).mutator
        return [mutator.next() for _ in range(200)]

    assert made(1) == made(1) != made(2)


def test_what_is_mended_is_right_again() -> None:
    body = corpus.of("receipts")[0].replace(b"1234", b"4321")
    signed = json.loads(mend.signed(random.Random(1), body))
    oracles.receipt(json.dumps({**signed, "amount": 1234}).encode(), "receipt_wrong_amount")
    assert signed["mac"] != json.loads(body)["mac"]
    assert signed == json.loads(mend.signed(random.Random(2), json.dumps(signed).encode()))
    sized = mend.sized(random.Random(1), corpus.of("endpoint")[1] + b"  ")
    head, _, body = sized.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head


def test_an_oracle_refuses_a_receipt_that_was_changed() -> None:
    body = corpus.of("receipts")[0]
    oracles.receipt(body, "accepted")
    with pytest.raises(Broken):
        oracles.receipt(body.replace(b"T1f", b"T1g"), "accepted")


def test_only_what_is_no_plain_json_may_differ() -> None:
    assert not oracles.may_differ("objects", b'{"a": [1, "\xc3\xa9"]}')
    assert not oracles.may_differ("objects", b'{"a": ')
    for odd in (b'{"a" 1}', b'{"a": NaN}', b'{"a": "\xed\xa0\x80"}', b'{"a": 01}'):
        assert oracles.may_differ("objects", odd), odd
