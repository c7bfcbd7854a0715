"""Forgeries of signatures: other keys, true signatures of what is not asked for, words that were
said before or too late, and MACs made for something else."""

import base64
import hashlib
import hmac
import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Any

from tools.attack import dress
from tools.attack.scene import CURRENCIES, PAYMENT, Display, Scene, some_receipt, some_word
from tools.attack.signing import FIELDS, LABEL, Receipt, encoded, mac, octets, prefixed, sign

_STRANGERS = 100
_MIXED = 120
_NEVER = 40
_MAC_SIZE = 32
_CODE_MAC_SIZE = 10


def keys(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """The whole receipt, well signed, under keys that this display does not have, or not any more,
    or under the number of the other one."""
    display, main = scene.display, scene.main
    own = display.key_of(main)
    for key in (*_near(own), *(rng.randbytes(rng.randint(16, 64)) for _ in range(_STRANGERS))):
        yield dress.plain(sign(main, key))
        yield dress.plain(sign({**main, "key": rng.randrange(256)}, key))
    had = (*display.keys, *display.gone)
    for (number, _), (_, key) in itertools.product(had, had):
        yield dress.plain(sign({**main, "key": number}, key))
        yield dress.plain(sign({**scene.other, "key": number}, key))


def _near(key: bytes) -> Iterator[bytes]:
    """Keys that somebody may know or guess, and keys that differ little."""
    yield from (b"", bytes(16), bytes(32), bytes(64), b"\xff" * 32, b"tillqr", bytes(range(32)))
    yield from (key[::-1], key[:16], key[:-1], key[1:], key.hex().encode(), key + b"\1", key * 2)
    yield from (hashlib.sha256(key).digest(), base64.b64encode(key), b"\0" + key)
    yield from (_flipped(key, bit) for bit in range(8 * len(key)))


def numbers(_: random.Random, scene: Scene) -> Iterator[bytes]:
    """The right key under every other number, signed with it and not."""
    own = scene.main["key"]
    for number in (*range(-1, 258), 2**8 + own, 2**64 + own):
        if number != own:
            yield dress.plain({**scene.main, "key": number})
            yield dress.plain(scene.display.sign(scene.main, key=number))


def machines(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Well signed, but of an attempt that only a card machine can settle."""
    if scene.machines is None:
        return
    for (number, _), state in itertools.product(scene.display.keys, ("paid", "failed", "closed")):
        word = {**scene.machines, "key": number}
        made = scene.display.sign(word, **some_word(rng, state))
        yield dress.plain(made)
        yield dress.dressed(rng, made)


def wrong(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Signed with the right key, but not of this attempt: one field, and several at once."""
    for name, value in _wrong_fields(rng, scene):
        yield dress.plain(scene.display.sign(scene.main, **{name: value}))
    for _ in range(_MIXED):
        names = rng.sample((*PAYMENT, "attempt", "device"), rng.randint(1, 4))
        stranger = some_receipt(rng, Display("D-other", ((0, b""),)))
        source = rng.choice((scene.other, stranger))
        yield dress.plain(scene.display.sign(scene.main, **{name: source[name] for name in names}))


def _wrong_fields(rng: random.Random, scene: Scene) -> Iterator[tuple[str, Any]]:
    main, amount = scene.main, scene.main["amount"]
    near = (amount + step for step in (-1000, -100, -10, -1, 1, 10, 100, 1000))
    yield from (("amount", value) for value in (*near, 0, 1, 10**10 - 1, 10**10, -amount))
    yield from (("amount", amount + 2**bits) for bits in (8, 16, 31, 32, 33, 63, 64))
    yield from (("amount", amount * factor) for factor in (10, 100, 2))
    yield from (("amount", amount // factor) for factor in (10, 100, 2))
    yield from (("currency", code) for code in (*CURRENCIES, "eur", "EU", "EURO", "978", "", "€"))
    for name in ("order", "register", "device", "attempt"):
        text = main[name]
        yield from ((name, value) for value in _near_texts(rng, text))
    states = ("", "open", "PAID", "Paid", "paid ", "pending", "refunded", "late", "cancelled")
    yield from (("state", state) for state in states)
    yield from (("version", version) for version in (0, 2, 255, 257, -1))
    yield from (("transaction", text) for text in ("T" * 41, "ä" * 21, "T" * 255, "T" * 256))
    yield from (("reason", text) for text in ("r" * 25, "ä" * 13, "r" * 255))


def _near_texts(rng: random.Random, text: str) -> Iterator[str]:
    yield from (text.upper(), text.lower(), text.swapcase(), text + "0", text + " ", text + "\0")
    yield from ("0" + text, " " + text, text[1:], text[:-1], text[::-1], text * 2, "")
    for _ in range(8):
        at = rng.randrange(len(text))
        yield text[:at] + rng.choice("0123456789abcdef") + text[at + 1 :]


def stale(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """Of attempts that the book has forgotten or never had, well signed, also for this sale."""
    never = (some_receipt(rng, scene.display) for _ in range(_NEVER))
    for old in (*scene.forgotten, *never):
        yield dress.dressed(rng, old)
        yield dress.plain(scene.display.sign(scene.main, attempt=old["attempt"]))
        yield dress.plain({**scene.main, "attempt": old["attempt"]})
        yield dress.plain({**old, "attempt": scene.main["attempt"]})
        for state in ("paid", "failed", "closed"):
            yield dress.plain(scene.display.sign(old, **some_word(rng, state)))


def replays(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """What has counted, again: the same, otherwise written, with its parts in this sale's."""
    for counted in scene.counted:
        yield from again(rng, scene.display, counted)
        for name in FIELDS:
            yield dress.plain({**scene.main, name: counted[name]})
            yield dress.plain({**counted, name: scene.main[name]})


def again(rng: random.Random, display: Display, counted: Receipt) -> Iterator[bytes]:
    """What must not count after a receipt: itself, and every other word but the first `paid`."""
    yield dress.plain(counted)
    yield dress.dressed(rng, counted)
    for state in ("paid", "failed", "closed"):
        if state != "paid" or counted["state"] == "paid":
            yield dress.plain(display.sign(counted, **some_word(rng, state)))
            yield dress.plain(display.sign(counted, state=state, transaction="T-again"))


def macs(rng: random.Random, scene: Scene) -> Iterator[bytes]:
    """The receipt with a MAC that is not its own."""
    own = mac(scene.main, scene.display.key_of(scene.main))
    foreign = (*_foreign(scene), *_slips(scene))
    for value in (*foreign, *_damaged(rng, own)):
        yield dress.plain({**scene.main, "mac": value.hex()})
        yield dress.plain({**scene.main, "mac": value.ljust(_MAC_SIZE, b"\0")[:_MAC_SIZE].hex()})
    for bit in range(8 * _MAC_SIZE):
        yield dress.plain({**scene.main, "mac": _flipped(own, bit).hex()})
    for text in _misspelt(own):
        yield dress.plain({**scene.main, "mac": text})


def _foreign(scene: Scene) -> Iterator[bytes]:
    """MACs that this very key has made for this very attempt, of a code, of questions, of a
    charge (PROTOCOL.md, 7, 8 and 8.1)."""
    key, main = scene.display.key_of(scene.main), scene.main
    packed = _packed_code(scene)
    code_mac = _hmac(key, b"tillqr code" + packed)
    code = base64.b32encode(packed + code_mac[:_CODE_MAC_SIZE]).rstrip(b"=")
    yield from (code_mac, code_mac[:_CODE_MAC_SIZE])
    yield from (_hmac(key, b"tillqr query" + verb + code) for verb in (b"ask", b"close", b"open"))
    charge = b"tillqr charge" + bytes((1, main["key"])) + prefixed(main["device"])
    charge += prefixed(main["attempt"]) + main["amount"].to_bytes(8, "big")
    charge += prefixed(main["currency"])
    for text in (b"HTTP://PAY.EXAMPLE.COM", encoded(main)):
        yield _hmac(key, charge + len(text).to_bytes(2, "big") + text)
    for label in (b"tillqr code", b"tillqr query", b"tillqr charge", b"tillqr", b""):
        yield _hmac(key, encoded(main, label))


def _packed_code(scene: Scene) -> bytes:
    main = scene.main
    packed = bytes((1, main["key"])) + prefixed(main["device"]) + bytes(6 + 4) + b"\0\x50"
    packed += main["amount"].to_bytes(5, "big") + octets(main["currency"])
    packed += prefixed(main["register"]) + prefixed(main["order"])
    return packed + bytes.fromhex(main["attempt"]) + prefixed("Corner Shop")


def _slips(scene: Scene) -> Iterator[bytes]:
    """What a backend that is built wrong would send, or one who knows a hash but no key."""
    key, main = scene.display.key_of(scene.main), scene.main
    signed = encoded(main)
    unkeyed = (hashlib.sha256(signed), hashlib.sha256(LABEL), hashlib.sha256(), hashlib.md5(signed))
    yield from (made.digest() for made in unkeyed)
    yield from (hashlib.sha256(key + signed).digest(), hashlib.sha256(signed + key).digest())
    yield from (hmac.digest(key, signed, name) for name in ("sha1", "sha512", "sha384", "md5"))
    yield from (_hmac(signed, key), _hmac(key, _hmac(key, signed)), _hmac(b"", signed), key)
    yield from (_hmac(key, encoded(main, sizes=False)), _hmac(key, dress.plain(main)))
    yield from (_hmac(key, signed[:-1]), _hmac(key, signed + b"\0"), _hmac(key, signed[::-1]))
    for name in ("transaction", "reason", "state", "currency", "order"):
        if main[name]:
            yield _hmac(key, encoded({**main, name: ""}))


def _damaged(rng: random.Random, own: bytes) -> Iterator[bytes]:
    """The true MAC cut, padded, turned, doubled; right at its beginning or end only."""
    yield from (bytes(_MAC_SIZE), b"\xff" * _MAC_SIZE, own[::-1], own * 2, own + b"\0", b"\0" + own)
    yield from (own[1:] + own[:1], own[16:] + own[:16], bytes(byte ^ 0xFF for byte in own))
    for size in range(_MAC_SIZE):
        yield own[:size]
        yield own[:size] + bytes(_MAC_SIZE - size)
        yield bytes(_MAC_SIZE - size) + own[_MAC_SIZE - size :] if size else b""
        yield own[:size] + rng.randbytes(_MAC_SIZE - size)
        yield rng.randbytes(size) + own[size:] if size else rng.randbytes(_MAC_SIZE)


def _misspelt(own: bytes) -> Iterable[str]:
    """The true MAC otherwise than as 64 hex digits."""
    text = own.hex()
    spaced = " ".join(text[at : at + 2] for at in range(0, 64, 2))
    yield from (spaced, spaced[:64], spaced[:63] + " ", "0x" + text, "0x" + text[2:], text[:62])
    yield from (text[:-1], text[:-1] + " ", text[:-2] + "  ", text[:-1] + "\0", text[:-1] + "g")
    yield from (" " + text[1:], text + "\n", text + " ", text + "00", f"b'{text}'", text[:63] + "O")
    yield from (
        base64.b64encode(own).decode(),
        base64.b32encode(own).decode(),
        own.decode("latin-1"),
    )
    yield from ("".join(chr(0xFEE0 + ord(digit)) for digit in text), str(int(text, 16)))


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
