"""The tunnel's words: vectors, and what of the backend's counts. On CPython and on MicroPython."""

import binascii

from tillqr.sale.mac import Key
from tillqr.sale.tunnel import Broken, Tunnel

from tests import vectors
from tests.support import raises

KEY = Key(bytes(range(32)), 1)
NAME = "0a0b0c0d"


class Attempt:
    nonce = "000102030405060708090a0b"


def rows():
    """The vectors: side, step, verb, data, MAC."""
    for line in vectors.load("taps"):
        side, step, verb, data, mac = line.split(" ")
        yield side, int(step), verb, b"" if data == "-" else binascii.unhexlify(data), mac


def answer(step=0, verb="apdu", data=b"\x00\xb2\x01\x0c\x00", **changed):
    """A word of the backend, as the vectors have its MAC unless something is changed."""
    word = {
        "attempt": Attempt.nonce,
        "tap": NAME,
        "step": step,
        "verb": verb,
        "data": binascii.b2a_base64(data).decode().strip(),
        "key": 1,
    }
    for side, at, said, content, mac in rows():
        if (side, at, said, content) == ("backend", step, verb, data):
            word["mac"] = mac
    word.update(changed)
    return word


def wait_mac(step):
    """The MAC of the backend's "wait", from the text of PROTOCOL.md."""
    signed = b"tillqr tap" + bytes((1, step))
    for part in (b"backend", Attempt.nonce.encode(), NAME.encode(), b"wait"):
        signed += bytes((len(part),)) + part
    return KEY.mac(signed + b"\0\0").hex()


def at_step(step):
    """A tunnel that has come so far, by words whose MACs are its own."""
    tunnel = Tunnel(Attempt, NAME, "CODE", [KEY])
    for at in range(step):
        tunnel.take(answer(at, "wait", b"", mac=wait_mac(at)))
    return tunnel


def test_vectors():
    seen = 0
    for side, step, verb, data, mac in rows():
        if side == "display":
            word = at_step(step).say(verb, data)
            assert word["mac"] == mac and word["step"] == step
            assert word.get("code") == (None if step else "CODE")
            assert binascii.a2b_base64(word["data"]) == data
        else:
            assert at_step(step).take(answer(step, verb, data)) == (verb, data)
        seen += 1
    assert seen == 7


def test_a_repeated_word_is_the_same_and_an_answer_counts_once():
    tunnel = at_step(0)
    assert tunnel.say("emv", b"o\x00") == tunnel.say("emv", b"o\x00")
    assert tunnel.take(answer()) == ("apdu", b"\x00\xb2\x01\x0c\x00")
    assert raises(Broken, tunnel.take, answer()).args[0] == "stale"


def test_what_is_forged_or_of_another_tap_changes_nothing():
    tunnel = at_step(0)
    right = answer()
    for name, value, why in (
        ("mac", "0" * 64, "bad_mac"),
        ("mac", "0" * 63 + "g", "malformed"),
        ("mac", "0" * 62, "malformed"),
        ("mac", 7, "malformed"),
        ("verb", "wait", "bad_mac"),
        ("verb", "emv", "malformed"),
        ("data", "ALIBDAE=", "bad_mac"),
        ("data", "A", "malformed"),
        ("data", "A" * 352, "malformed"),
        ("data", 7, "malformed"),
        ("key", 2, "bad_mac"),
        ("key", "1", "malformed"),
        ("key", True, "malformed"),
        ("step", False, "malformed"),
        ("step", 1, "stale"),
        ("step", 101, "stale"),
        ("tap", "0a0b0c0e", "stale"),
        ("attempt", "0" * 24, "stale"),
        ("attempt", None, "stale"),
    ):
        wrong = dict(right)
        wrong[name] = value
        assert raises(Broken, tunnel.take, wrong).args[0] == why, (name, value)
    for name in right:
        less = dict(right)
        del less[name]
        assert raises(Broken, tunnel.take, less).args[0] == "malformed", name
    assert tunnel.take(right) == ("apdu", b"\x00\xb2\x01\x0c\x00")


def test_a_tap_has_an_end():
    tunnel = at_step(100)
    assert (
        raises(Broken, tunnel.take, answer(100, "wait", b"", mac="0" * 64)).args[0] == "malformed"
    )
