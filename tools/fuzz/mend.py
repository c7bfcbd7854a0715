"""Makes changed inputs right again where chance hardly could: checksums, MACs, lengths."""

import json
import random
import zlib
from collections.abc import Callable

from tillqr.till import frame

from tools.attack import signing
from tools.fuzz import taps
from tools.fuzz.parsers.words import ATTEMPTS, KEYS

Mend = Callable[[random.Random, bytes], bytes]
_NAMES = ("attempt", "order", "register", "amount", "currency")
_WRONG = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What is raised for an object that is no receipt at all."""


def nothing(_chance: random.Random, octets: bytes) -> bytes:
    """It stays as it is."""
    return octets


def framed(chance: random.Random, octets: bytes) -> bytes:
    """A part of it becomes a true frame."""
    start = chance.randint(0, len(octets))
    end = min(len(octets), start + chance.choice((0, 20, 254, 1024)))
    kind, sequence = chance.randrange(256), chance.randrange(256)
    line = bytes(frame.build(kind, sequence, octets[start:end]))
    return octets[:start] + line + octets[end:]


def signed(_chance: random.Random, octets: bytes) -> bytes:
    """A receipt or charge gets the MAC that its fields ask for, however odd they are."""
    try:
        word = json.loads(octets)
        key = dict(KEYS)[word["key"]]
        attempt = dict(zip(_NAMES, ATTEMPTS[0], strict=True))
        charge = "text" in word
        data = signing.charge_encoded(word, attempt) if charge else signing.encoded(word)
        word["mac"] = signing.sign_bytes(data, key)
        return json.dumps(word).encode()
    except _WRONG:
        return octets


def recorded(chance: random.Random, octets: bytes) -> bytes:
    """A record of the journal gets the CRC that its bytes ask for."""
    heads = [at for at in range(2, len(octets) - 10) if octets[at + 1] < 2 and not octets[at + 2]]
    if not heads:
        return octets
    start = chance.choice(heads)
    end = start + 6 + octets[start]
    crc = zlib.crc32(octets[start:end]).to_bytes(4, "big")
    return octets[:end] + crc + octets[end + 4 :]


def sized(chance: random.Random, octets: bytes) -> bytes:
    """An HTTP message: what its body names is signed, and its length is what it says."""
    head, between, body = octets.partition(b"\r\n\r\n")
    if chance.random() < 0.5:
        body = signed(chance, body)
    lines = [line for line in head.split(b"\r\n") if b"ength:" not in line]
    lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + between + body


def answered(chance: random.Random, octets: bytes) -> bytes:
    """A card's answers are as long as they say, and most of them say that all is well."""
    if octets[:1] not in (b"\1", b"\2"):
        return octets
    made, rest = octets[:1], octets[1:]
    while len(rest) > 2:
        end = 2 + min(int.from_bytes(rest[:2], "big"), chance.choice((2, 18, 34, 120, 300)))
        answer, rest = rest[2:end], rest[end:]
        if len(answer) > 1 and chance.random() < 0.8:
            answer = answer[:-2] + b"\x90\x00"
        made += len(answer).to_bytes(2, "big") + answer
    return made


def summed(_chance: random.Random, octets: bytes) -> bytes:
    """A reader's frame gets the sums that its bytes ask for."""
    if len(octets) < 8 or octets[:3] != b"\0\0\xff":
        return octets
    size = min(octets[3], len(octets) - 7)
    body = b"\xd5" + octets[6 : 5 + size]
    size = len(body)
    return octets[:3] + bytes((size, -size & 255)) + body + bytes((-sum(body) & 255, 0))


def told(_chance: random.Random, octets: bytes) -> bytes:
    """The backend's word on a tap gets the MAC that its fields ask for."""
    try:
        word = json.loads(octets)
        word["mac"] = signing.sign_bytes(taps.under_mac(word), dict(KEYS)[word["key"]])
        return json.dumps(word).encode()
    except _WRONG:
        return octets


OF: dict[str, Mend] = {
    "reader_frames": summed,
    "tap_words": told,
    "taps": answered,
    "recovered": recorded,
    "frames": framed,
    "link": framed,
    "receipts": signed,
    "charges": signed,
    "answers": signed,
    "requests": sized,
    "endpoint": sized,
    "web": sized,
    "page": sized,
}
"""By the parser's name; of the others nothing is to be mended."""
