"""The firmware's readers of cards over the virtual cards, and what these answer."""

import pytest
from tillqr.nfc.pn532 import CardError
from tillqr.nfc.unsupported import Unsupported

from host_sim.cards import apdu, tags
from host_sim.cards.card import Nak
from host_sim.cards.classic import Classic
from host_sim.cards.felica import Felica
from host_sim.cards.ntag import Ntag
from host_sim.cards.type4 import Type4
from host_sim.cards.typeb import TypeB
from tests.host_sim.tapping import read

UID = bytes.fromhex("04de5f1eacc040")
SHOP = tags.uri_message("https://shop.example/c?t=1")


@pytest.mark.parametrize("model", [213, 215, 216])
def test_ntags(model: int) -> None:
    assert read(Ntag(SHOP, UID, model)) == ("ndef", b"https://shop.example/c?t=1")  # type: ignore[arg-type]
    text = tags.text_message("TAG 7")
    assert read(Ntag(text, UID, model)) == ("ndef", b"TAG 7")  # type: ignore[arg-type]
    long = "https://shop.example/" + "a" * 100
    assert read(Ntag(tags.uri_message(long), UID, model)) == ("ndef", long.encode())  # type: ignore[arg-type]


@pytest.mark.parametrize(("model", "pages"), [(213, 45), (215, 135), (216, 231)])
def test_an_ntags_commands(model: int, pages: int) -> None:
    tag = Ntag(SHOP, UID, model)  # type: ignore[arg-type]
    assert tag.pages == pages
    version = tag.answer(b"\x60")
    assert version is not None and len(version) == 8
    first = tag.answer(b"\x30\x00")
    assert first is not None and first[:3] + first[4:8] == UID
    last = tag.answer(bytes((0x30, pages - 1)))
    assert last is not None and last[4:] == first[:12], "behind the last page the first comes"
    assert tag.answer(bytes((0x3A, 0, pages - 1))) == bytes(tag.memory)


def test_a_tag_that_refuses_is_silent_until_it_is_selected_anew() -> None:
    tag = Ntag(SHOP, UID)
    refused = (
        b"\xa2\x04abcd",
        b"\x30\x2d",
        b"\x3a\x05\x04",
        b"\x3a\x00\x2d",
        b"\x1b\xff\xff\xff\xff",
    )
    for command in refused:
        with pytest.raises(Nak) as nak:
            tag.answer(command)
        assert nak.value.code == 0
        assert tag.answer(b"\x30\x00") is None
        tag.activated()
        assert tag.answer(b"\x30\x00") is not None
    assert tag.answer(b"\x50\x00") is None
    assert tag.answer(b"\x30\x00") is None
    with pytest.raises(ValueError, match="don't fit"):
        Ntag(bytes(200), UID)


@pytest.mark.parametrize("mle", [15, 16, 59, 255, 256, 0xFFFF])
def test_type_4(mle: int) -> None:
    assert read(Type4(SHOP, UID, mle)) == ("ndef", b"https://shop.example/c?t=1")
    long = "https://shop.example/" + "a" * 230
    assert read(Type4(tags.uri_message(long), UID, mle)) == ("ndef", long.encode())


def test_a_type_4_tags_limits() -> None:
    tag = Type4(SHOP, UID, 0x20)
    assert tag.answer(bytes.fromhex("00b0000002")) == b"\x69\x85", "nothing is selected"
    assert tag.answer(bytes.fromhex("00a4000c02e104")) == b"\x6a\x82", "no application is"
    assert tag.answer(bytes.fromhex("00a4040007d276000085010100")) == b"\x90\x00"
    assert tag.answer(bytes.fromhex("00a4000c02e104")) == b"\x90\x00"
    assert tag.answer(bytes.fromhex("00b0000021")) == b"\x67\x00", "more than MLe"
    assert tag.answer(bytes.fromhex("00b00000")) == b"\x67\x00", "no Le"
    assert tag.answer(bytes.fromhex("00b0ff0001")) == b"\x6b\x00"
    end = 2 + len(SHOP)
    answer = tag.answer(bytes((0, 0xB0, 0, end - 1, 2)))
    assert answer == SHOP[-1:] + b"\x62\x82"
    assert tag.answer(b"\x00\xd6\x00\x00\x01a") == b"\x6d\x00"
    assert tag.answer(b"\x00") == b"\x67\x00"


class Locked(Type4):
    """A Type 4 tag that wants a key before it is read."""

    def _read(self, _: apdu.Command) -> bytes:
        raise apdu.Refused(apdu.NOT_ALLOWED)


class Short(Ntag):
    """A card of another make that answers READ with one byte."""

    def _read(self, _: int) -> bytes:
        return b"\0"


def test_what_answers_in_another_way_is_not_supported() -> None:
    no_message = Ntag(b"\xff" * 20, UID)
    longer = Ntag(SHOP, UID)
    longer.memory[22] = 0xF0  # behind the lock control TLV: the message's length
    for card in (Locked(SHOP, UID), Short(SHOP, UID), no_message, longer):
        with pytest.raises(Unsupported, match="card_unsupported"):
            read(card)


def test_a_tag_s_refusal_may_be_a_card_that_leaves() -> None:
    protected = Ntag(SHOP, UID)
    del protected.memory[32:]  # no more pages: it refuses, as one does that wants a password
    with pytest.raises(CardError, match="card_nak"):
        read(protected)


def test_what_is_not_supported() -> None:
    for card in (Classic(b"\1\2\3\4"), Felica(bytes(8)), TypeB(b"\1\2\3\4"), Ntag(b"", UID)):
        with pytest.raises(Unsupported, match="card_unsupported"):
            read(card)


def test_classic_and_felica_answer_what_they_must() -> None:
    classic = Classic(b"\1\2\3\4")
    assert classic.answer(b"\x60\x04") == b"\x01\x20\x01\x45"
    assert classic.answer(b"\x30\x04") is None
    felica = Felica(bytes(range(8)))
    answer = felica.answer(bytes.fromhex("0600ffff0000"))
    assert answer is not None and len(answer) == 18 and answer[2:10] == felica.idm
    assert felica.answer(bytes.fromhex("060012fc0000")) is None
