"""What the reader's chip says, and what the backend says of a tap; neutral."""

import json

from tillqr import strict_json
from tillqr.nfc import pn532_frame, target
from tillqr.sale import mac, tunnel

from tools.fuzz.parsers import Parser, demand, digest
from tools.fuzz.parsers.words import ATTEMPTS, KEYS

MOST_FRAME = pn532_frame.MOST
MOST_WORD = 1024
TAP = "0a0b0c0d"
"""The tap that words may be of, at its first step, of the first of ATTEMPTS."""
_KEYS = [mac.Key(secret, number) for number, secret in KEYS]
_READERS = (target.type_a, target.type_b, target.felica)


def frames(octets: bytes) -> str:
    """A frame from the reader, and the targets in it if it is a response."""
    data = octets[:MOST_FRAME]
    kind, begin, end = pn532_frame.parse(bytearray(data), len(data), pn532_frame.FROM_READER)
    demand(0 <= begin <= end <= len(data), "the data are not in the frame")
    needed = pn532_frame.need(bytearray(data), len(data))
    whole = 0 < needed <= len(data) + 1  # the byte behind it says nothing
    demand(kind == pn532_frame.BAD or whole, "a frame needs more than it has")
    if kind != pn532_frame.IS_RESPONSE:
        return "kind {}".format(kind)
    return "response {} {}".format(end - begin, _targets(memoryview(data)[begin:end]))


def _targets(response: memoryview) -> str:
    """What each kind of target would be there."""
    said = []
    for read in _READERS:
        try:
            found, size = read(response)
        except (IndexError, ValueError):
            said.append("none")
            continue
        demand(0 < size <= len(response), "a target is longer than what names it")
        demand(len(found.identifier) <= len(response), "an identifier is longer than its target")
        said.append(found.identifier.hex() + str(found.sak))
    return digest(" ".join(said))


class _Attempt:
    nonce = ATTEMPTS[0][0]


def words(octets: bytes) -> str:
    """A word of the backend on a tap, as it came by the channel."""
    try:
        word = strict_json.parse(octets[:MOST_WORD])
    except ValueError:
        return "no object"
    tap = tunnel.Tunnel(_Attempt, TAP, "CODE", _KEYS)  # type: ignore[arg-type]
    before = json.dumps(tap.say("gone", b""))
    try:
        verb, data = tap.take(word)
    except tunnel.Broken as broken:
        demand(json.dumps(tap.say("gone", b"")) == before, "what is refused is a step")
        return str(broken.args[0])
    demand(verb in ("apdu", "wait", "again"), "a verb is odd")
    demand(len(data) <= tunnel.MAX_COMMAND, "a command is too long")
    return "{} {}".format(verb, data.hex())


PARSERS = {
    "reader_frames": Parser(frames, MOST_FRAME, 40),
    "tap_words": Parser(words, MOST_WORD, 20),
}
