"""Valid inputs of the parsers of cards: what virtual cards say to the firmware and the backend."""

import asyncio
import base64
import json

from tillqr.nfc import pn532_frame, tap_read
from tillqr.nfc.target import Target
from tillqr.nfc.unsupported import Unsupported

from host_sim.cards import tags
from host_sim.cards.card import Card
from host_sim.cards.emv import EmvCard
from host_sim.cards.ntag import Ntag
from host_sim.cards.ntag424 import Ntag424
from host_sim.cards.type4 import Type4
from host_sim.cards.wallet import Wallet
from host_sim.gateway.kernel import Kernel
from host_sim.gateway.verdict import Apdu
from tools.attack import signing
from tools.fuzz.parsers import cards as parser
from tools.fuzz.parsers.reader import TAP
from tools.fuzz.parsers.words import ATTEMPTS, KEYS

_UID = bytes(range(7))
_NOW = 1_795_478_400.0
_URL = "https://shop.example/c?t=1"


class _Recorder:
    """A reader that keeps what its card says."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.said: list[bytes] = []
        card.activated()

    async def exchange(self, data: bytes, _milliseconds: int) -> bytes:
        """The card's answer."""
        answer = self._card.answer(data)
        assert answer is not None
        self.said.append(answer)
        return answer


def _read(card: Card) -> tuple[list[bytes], bytes]:
    """All that a card says when it is read, and what the firmware makes of it."""
    reader = _Recorder(card)
    target = Target("A", card.uid, card.sak, card.iso_dep)
    try:
        _, found = asyncio.run(tap_read.read(reader, target))  # type: ignore[arg-type]
    except Unsupported:
        found = b""
    return reader.said, found


def sequence(kind: int, answers: list[bytes]) -> bytes:
    """As parsers.cards.taps takes it."""
    return bytes((kind,)) + b"".join(len(one).to_bytes(2, "big") + one for one in answers)


def taps() -> list[bytes]:
    """Whole taps."""
    message = tags.uri_message(_URL)
    long = tags.uri_message(_URL + "a" * 200)
    sun = Ntag424("https://shop.example/c", _UID, bytes(16), bytes(16), random=bytes)
    told = [EmvCard(), Wallet(), Wallet(locked=True), sun, Type4(message, _UID), Type4(long, _UID)]
    made = [sequence(parser.ISO_DEP, _read(card)[0]) for card in told]
    made.append(sequence(parser.TYPE_2, _read(Ntag(message, _UID))[0]))
    stored = (Ntag(message, _UID), Ntag(long, _UID, 215), Ntag(tags.text_message("7"), _UID))
    return [*made, *(bytes((parser.MEMORY,)) + bytes(tag.memory) for tag in stored)]


def tlvs() -> list[bytes]:
    """What bank cards say, without the status word."""
    made: list[bytes] = []
    for card in (EmvCard(), Wallet()):
        said, fci = _read(card)
        kernel = Kernel(1234, "EUR", _NOW, random=bytes)
        step = kernel.start(fci)
        while isinstance(step, Apdu):
            answer = card.answer(step.command)
            assert answer is not None
            said.append(answer)
            step = kernel.next(answer)
        made += [answer[:-2] for answer in said]
    return made


def ndefs() -> list[bytes]:
    """Messages."""
    uri, text = tags.uri_message(_URL), tags.text_message("CARD 7", "de")
    long = tags.uri_message(_URL + "a" * 224)
    both = bytes((text[0] & ~0x40,)) + text[1:] + bytes((uri[0] & ~0x80,)) + uri[1:]
    named = b"\xd9\x01\x02\x01Ui\x04a"
    return [uri, text, long, both, named, b"\xd0\0\0", b"\xd2\x0a\x01text/plaina"]


def frames() -> list[bytes]:
    """What a reader says: an ACK, and targets of each technology."""
    card = b"\x4b\x01\x01\x00\x44\x00\x07" + _UID
    bank = b"\x4b\x01\x01\x00\x04\x20\x04\x08\x11\x22\x33\x05\x78\x80\x70\x02"
    of_b = b"\x4b\x01\x01\x50\xa1\xb2\xc3\xd4" + bytes(7) + b"\x01\x00"
    felica = b"\x4b\x01\x01\x12\x01" + bytes(range(16))
    answer = b"\x41\x00" + bytes(range(240)) + b"\x90\x00"
    responses = [
        bytes(pn532_frame.build(pn532_frame.FROM_READER, said[:1], said[1:]))
        for said in (card, bank, of_b, felica, answer, b"\x41\x01")
    ]
    return [pn532_frame.ACK, pn532_frame.NACK, b"\0\0\xff\x01\xff\x7f\x81\0", *responses]


def under_mac(word: dict) -> bytes:
    """What the MAC of a backend's word is over (PROTOCOL.md, 14)."""
    data = base64.b64decode(word["data"])
    signed = b"tillqr tap" + bytes((word["key"], word["step"]))
    for name in ("backend", word["attempt"], word["tap"], word["verb"]):
        signed += bytes((len(name),)) + name.encode()
    return signed + len(data).to_bytes(2, "big") + data


def words() -> list[bytes]:
    """What the backend says of a tap at its first step."""
    made = []
    for verb, data in (("apdu", b"\0\xb2\x01\x0c\0"), ("wait", b""), ("again", b"card_gone")):
        for number, key in KEYS:
            word = {"attempt": ATTEMPTS[0][0], "tap": TAP, "step": 0, "verb": verb}
            word.update(data=base64.b64encode(data).decode(), key=number)
            word["mac"] = signing.sign_bytes(under_mac(word), key)
            made.append(json.dumps(word).encode())
    return made
