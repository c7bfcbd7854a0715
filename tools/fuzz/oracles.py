"""What others than the firmware say of an input that it took."""

import hmac
import json
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

import ndef

from host_sim.gateway import tlv
from tools.attack import rule, signing
from tools.fuzz.parsers import Broken
from tools.fuzz.parsers.cards import (
    MOST_MESSAGE,
    MOST_OBJECTS,
    NO_MESSAGE,
    NO_OBJECTS,
    objects_in_words,
)
from tools.fuzz.parsers.line import records
from tools.fuzz.parsers.words import ATTEMPTS, DEVICE, KEYS

Oracle = Callable[[bytes, str], None]


def receipt(octets: bytes, verdict: str) -> None:
    """One that counts names an open attempt and has the MAC that CPython's hmac says."""
    if not verdict.startswith("accepted"):
        return
    word = json.loads(octets)
    named = tuple(word[name] for name in ("attempt", "order", "register", "amount", "currency"))
    if named not in ATTEMPTS or word["device"] != DEVICE:
        raise Broken("a receipt of something else counts")
    right = signing.mac(word, dict(KEYS)[word["key"]])
    if not hmac.compare_digest(right, bytes.fromhex(word["mac"])):
        raise Broken("a receipt counts whose MAC is wrong")


def charge(octets: bytes, verdict: str) -> None:
    """One that holds has the MAC that CPython's hmac says."""
    if not verdict.startswith("holds"):
        return
    word = json.loads(octets)
    attempt = dict(
        zip(("attempt", "order", "register", "amount", "currency"), ATTEMPTS[0], strict=True)
    )
    right = signing.sign_bytes(signing.charge_encoded(word, attempt), dict(KEYS)[word["key"]])
    if word["device"] != DEVICE or not hmac.compare_digest(right, word["mac"].lower()):
        raise Broken("a charge holds whose MAC is wrong")


def data_objects(octets: bytes, verdict: str) -> None:
    """The backend, which reads cards by itself, says the same."""
    try:
        found = list(tlv.objects(octets[:MOST_OBJECTS]))
    except tlv.BadData:
        if verdict != NO_OBJECTS:
            raise Broken("data objects are taken that the backend refuses") from None
        return
    if not verdict.startswith(objects_in_words(found)):
        raise Broken("the backend takes other data objects")


def message(octets: bytes, verdict: str) -> None:
    """What is taken for an NDEF message, ndeflib takes for one; names of types it judges more."""
    if verdict == NO_MESSAGE:
        return
    try:
        list(ndef.message_decoder(octets[:MOST_MESSAGE], known_types={}))
    except ndef.DecodeError:
        raise Broken("a message is taken that ndeflib refuses") from None
    except ValueError:
        return


def unasked(_octets: bytes, _verdict: str) -> None:
    """Nobody knows better."""


ORACLES: dict[str, Oracle] = {
    "receipts": receipt,
    "charges": charge,
    "tlvs": data_objects,
    "ndefs": message,
}


# Where the runtimes may differ: the chip's JSON parser takes more than JSON.


def _bodies(name: str, octets: bytes) -> list[bytes]:
    """What of an input is read as JSON, or as text."""
    if name == "messages":
        return [octets[1:1025]]
    if name == "link":
        return [payload for _, _, payload in records(octets)]
    if name == "documents":
        return [part[:1024] for part in octets.split(b"\0")[:12]]
    if name in ("endpoint", "web"):
        return [octets.partition(b"\r\n\r\n")[2]]
    if name in ("tlvs", "ndefs", "taps", "reader_frames"):
        return []  # there is neither
    if name in ("forms", "page"):
        return [unquote_to_bytes(octets)]
    return [octets[:1024]]


def may_differ(name: str, octets: bytes) -> bool:
    """Whether MicroPython may take an input for something else: it is no plain UTF-8, or JSON to
    one of them only."""
    return any(_unclear(body) for body in _bodies(name, octets))


def _unclear(body: bytes) -> bool:
    if b"NaN" in body or b"Infinity" in body:
        return True  # CPython takes these words for numbers
    try:
        body.decode()
    except UnicodeError:
        return True
    return repr(rule.as_json(body)) != repr(rule.as_chip(body))
