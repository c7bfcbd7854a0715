"""The firmware's readers of cards over the virtual cards, and the backend's word on them."""

import asyncio
from collections.abc import Iterator

import pytest
from tillqr.nfc import tap_read
from tillqr.nfc.pn532 import CardError
from tillqr.nfc.target import Target
from tillqr.nfc.unsupported import Unsupported

from host_sim.cards import plastic, tags
from host_sim.cards.card import Card, Nak
from host_sim.cards.classic import Classic
from host_sim.cards.emv import DEBIT, EmvCard
from host_sim.cards.felica import Felica
from host_sim.cards.ntag import Ntag
from host_sim.cards.ntag424 import Ntag424
from host_sim.cards.plastic import Plastic
from host_sim.cards.type4 import Type4
from host_sim.cards.typeb import TypeB
from host_sim.cards.wallet import Wallet
from host_sim.gateway.card_store import MOST_ON_STATIC, CardStore
from host_sim.gateway.kernel import Kernel
from host_sim.gateway.reasons import AGAIN, REASONS
from host_sim.gateway.sun import SunCards
from host_sim.gateway.verdict import Apdu, Verdict

NOW = 1_795_478_400.0
UID = bytes.fromhex("04de5f1eacc040")
META, FILE = bytes(range(16)), bytes(range(16, 32))
BASE = "https://shop.example/c"
TOKEN = "https://shop.example/c/q3VtJ9sYb0uXk2LwZr6TnA"
SHOP = tags.uri_message("https://shop.example/c?t=1")


class Reader:
    """A reader with one card on it."""

    def __init__(self, card: Card) -> None:
        self.card = card
        card.activated()

    async def exchange(self, data: bytes, _milliseconds: int) -> bytes:
        """As the firmware's reader does it."""
        try:
            answer = self.card.answer(bytes(data))
        except Nak:
            raise CardError("card_nak") from None
        if answer is None:
            raise CardError("card_gone")
        return answer


def read(card: Card) -> tuple[str, bytes]:
    """What the firmware reads of a card."""
    target = Target(card.technology, card.uid, card.sak, card.iso_dep)
    return asyncio.run(tap_read.read(Reader(card), target))  # type: ignore[arg-type]


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


# SUN.


@pytest.fixture
def store() -> Iterator[CardStore]:
    made = CardStore("sqlite://")
    yield made
    made.close()


@pytest.mark.parametrize("covered", [False, True])
def test_sun(store: CardStore, covered: bool) -> None:
    tag = Ntag424(BASE, UID, META, FILE, covered=covered)
    store.add_dynamic("card 1", UID, FILE, 3000, "EUR")
    cards = SunCards(store, META, covered=covered)
    kind, first = read(tag)
    assert kind == "ndef"
    assert cards.check(first, 1234, "EUR") == Verdict("approved", card="card 1")
    assert store.balance("card 1") == 1766
    assert cards.check(first, 1, "EUR") == Verdict("declined", "declined"), "a copy"
    _, second = read(tag)
    _, third = read(tag)
    assert tag.counter == 3, "it counts readings, not commands"
    assert cards.check(third, 1766, "EUR").state == "approved"
    assert cards.check(second, 1, "EUR") == Verdict("declined", "declined"), "an older one"
    _, fourth = read(tag)
    assert cards.check(fourth, 1, "EUR") == Verdict("declined", "insufficient_funds")
    assert store.give_back("card 1", 100)
    assert cards.check(fourth, 1, "EUR") == Verdict("declined", "declined")
    assert cards.check(read(tag)[1], 1, "JPY") == Verdict("declined", "card_unknown")
    assert store.balance("card 1") == 100


def test_the_longest_url_with_sun() -> None:
    tag = Ntag424("https://" + "a" * 187, UID, META, FILE)
    kind, said = read(tag)
    assert (kind, len(said)) == ("ndef", 195 + 54)
    with pytest.raises(ValueError, match="does not fit"):
        Ntag424("https://" + "a" * 188, UID, META, FILE)


def test_sun_of_another_shop(store: CardStore) -> None:
    store.add_dynamic("card 1", UID, FILE, 3000, "EUR")
    cards = SunCards(store, META)
    for tag in (
        Ntag424(BASE, UID, META, META),
        Ntag424(BASE, UID, FILE, FILE),
        Ntag424(BASE, bytes(7), META, FILE),
        Ntag424(BASE, UID, META, FILE, covered=True),
    ):
        assert cards.check(read(tag)[1], 1, "EUR") == Verdict("declined", "card_unknown")
    assert cards.check(read(Ntag424(BASE, UID, META, FILE))[1], 1, "EUR").state == "approved"


def test_sun_that_was_changed(store: CardStore) -> None:
    store.add_dynamic("card 1", UID, FILE, 3000, "EUR")
    cards = SunCards(store, META, covered=True)
    url = Ntag424(BASE, UID, META, FILE, covered=True).tap().encode()
    begin = url.index(b"p=")
    for at in range(begin, len(url)):
        changed = url[:at] + (b"1" if url[at : at + 1] != b"1" else b"2") + url[at + 1 :]
        assert cards.check(changed, 1, "EUR").state == "declined"
    assert cards.check(url + b"&p=00", 1, "EUR").state == "declined"
    for garbage in (b"", b"?p=&c=", b"\xff", b"https://[", b"?p=zz&c=zz", url[:-1]):
        assert cards.check(garbage, 1, "EUR") == Verdict("declined", "card_unknown")
    assert cards.check(url, 1, "EUR").state == "approved"


def test_the_example_of_nxp(store: CardStore) -> None:
    """AN12196, 3.4: keys of zeros, counter 61."""
    url = b"https://choose.url.com/ntag424?p=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
    store.add_dynamic("card 1", UID, bytes(16), 100, "EUR")
    assert store.count("card 1", 60)
    assert SunCards(store, bytes(16)).check(url) == Verdict("approved", card="card 1")
    assert not store.count("card 1", 61), "that was its counter"


def test_a_card_without_sun(store: CardStore) -> None:
    store.add_static("card 2", TOKEN, 2000, "EUR")
    cards = SunCards(store, META)
    url = read(Ntag(tags.uri_message(TOKEN), UID))[1]
    assert cards.check(url, 1500, "EUR") == Verdict("approved", card="card 2")
    assert cards.check(url, 501, "EUR") == Verdict("declined", "insufficient_funds")
    assert cards.check(url + b"A", 1, "EUR") == Verdict("declined", "card_unknown")
    with pytest.raises(ValueError, match="token"):
        store.add_static("card 3", BASE + "/1234", 1, "EUR")
    with pytest.raises(ValueError, match="at most"):
        store.add_static("card 3", TOKEN + "B", MOST_ON_STATIC + 1, "EUR")


# The kernel.


def pay(card: Card, amount: int = 1234, currency: str = "EUR") -> Verdict:
    """Tap a card: what the backend's kernel says of it."""
    kind, fci = read(card)
    assert kind == "emv"
    kernel = Kernel(amount, currency, NOW)
    step = kernel.start(fci)
    for _ in range(30):
        if isinstance(step, Verdict):
            return step
        assert isinstance(step, Apdu)
        answer = card.answer(step.command)
        assert answer is not None
        step = kernel.next(answer)
    raise AssertionError("it does not end")


def test_cards_that_pay() -> None:
    for card in (EmvCard(), EmvCard(applications=(DEBIT,)), Wallet()):
        for amount in (1, 1234, 9_999_999_999):
            assert pay(card, amount) == Verdict("approved")
        assert card.counter == 3
    assert pay(EmvCard(), 5, "BHD") == Verdict("approved")


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        (plastic.POOR, "insufficient_funds"),
        (plastic.LIMITED, "limit_exceeded"),
        (plastic.STOLEN, "declined"),
        (plastic.EXPIRED, "card_expired"),
        (plastic.STRANGE, "declined"),
    ],
)
def test_cards_that_do_not_pay(of: Plastic, reason: str) -> None:
    assert reason in REASONS
    for card in (EmvCard(of), Wallet(of)):
        assert pay(card) == Verdict("declined", reason)


def test_a_card_that_declines_itself() -> None:
    card = EmvCard()
    card.refuses = True
    assert pay(card) == Verdict("declined", "declined")


def test_a_currency_that_nobody_takes() -> None:
    assert pay(EmvCard(), 1, "XAF") == Verdict("declined", "declined")


def test_a_locked_phone() -> None:
    with pytest.raises(Unsupported, match="phone_locked"):
        read(Wallet(locked=True))
    with pytest.raises(CardError, match="card_gone"):
        read(Wallet(locked=True, when_locked="silent"))
    phone = Wallet()
    _, fci = read(phone)
    kernel = Kernel(1, "EUR", NOW)
    step = kernel.start(fci)
    assert isinstance(step, Apdu)
    phone.locked = True
    answer = phone.answer(step.command)
    assert answer is not None
    assert kernel.next(answer) == Verdict("again", "phone_locked")
    assert "phone_locked" in AGAIN


def conversation(card: Card) -> list[bytes]:
    """A card's responses: the FCI, then what it says to the kernel."""
    said = [read(card)[1]]
    kernel = Kernel(1234, "EUR", NOW, random=bytes)
    step = kernel.start(said[0])
    while isinstance(step, Apdu):
        answer = card.answer(step.command)
        assert answer is not None
        said.append(answer)
        step = kernel.next(answer)
    assert step.state == "approved"
    return said


def again(said: list[bytes]) -> Verdict:
    """What the kernel makes of a conversation."""
    kernel = Kernel(1234, "EUR", NOW, random=bytes)
    step = kernel.start(said[0])
    for answer in said[1:]:
        if isinstance(step, Verdict):
            break
        step = kernel.next(answer)
    assert isinstance(step, Verdict)
    return step


def changed(said: list[bytes], number: int, at: int) -> list[bytes]:
    """The conversation with one bit of it turned."""
    whole = said[number]
    turned = whole[:at] + bytes((whole[at] ^ 0x04,)) + whole[at + 1 :]
    return [*said[:number], turned, *said[number + 1 :]]


@pytest.mark.parametrize(("card", "of"), [(EmvCard, plastic.GOOD), (Wallet, plastic.TOKEN)])
def test_what_the_issuer_judges_can_not_be_changed(card: type[EmvCard], of: Plastic) -> None:
    said = conversation(card())
    assert again(said).state == "approved"
    (mac,) = [answer for answer in said if b"\x9f\x26\x08" in answer]
    begin = mac.index(b"\x9f\x26\x08") + 3
    for part in (mac[begin : begin + 8], card.data, card.profile, b"\x9f\x36\x02\x00\x01"):
        found = [
            (number, one.rindex(part)) for number, one in enumerate(said[1:], 1) if part in one
        ]
        assert found, part.hex()
        for number, at in found:
            for place in range(at, at + len(part)):
                assert again(changed(said, number, place)).state != "approved"
    pan = bytes.fromhex(of.pan)
    for place, one in enumerate(said):
        for at in range(one.find(pan), one.find(pan) + 8 if pan in one else -1):
            assert again(changed(said, place, at)).state != "approved"


@pytest.mark.parametrize(("card", "of"), [(EmvCard, plastic.GOOD), (Wallet, plastic.TOKEN)])
def test_garbage_has_a_named_end(card: type[EmvCard], of: Plastic) -> None:
    said = conversation(card())
    for number, whole in enumerate(said):
        for at in range(len(whole)):
            try:
                verdict = again(changed(said, number, at))
            except AssertionError:
                continue  # it wants another response than those
            assert verdict.reason in {**REASONS, **AGAIN, "": ""}
            assert of.pan not in repr(verdict)
    for number in range(1, len(said)):
        for cut in (b"", b"\x90", said[number][:-3] + b"\x90\x00", b"\x90\x00"):
            verdict = again([*said[:number], cut, *said[number + 1 :]])
            assert verdict == Verdict("again", "card_gone")
        for status in (b"\x6a\x82", b"\x69\x84", b"\x64\x00"):
            assert again([*said[:number], status]).state == "declined"


@pytest.mark.parametrize("card", [EmvCard, Wallet])
def test_the_cryptogram_is_of_this_payment(card: type[EmvCard]) -> None:
    said = conversation(card())
    for kernel in (
        Kernel(1235, "EUR", NOW, random=bytes),
        Kernel(1234, "USD", NOW, random=bytes),
        Kernel(1234, "EUR", NOW + 86400, random=bytes),
        Kernel(1234, "EUR", NOW, random=lambda size: b"\1" * size),
    ):
        kernel.start(said[0])
        step = [kernel.next(answer) for answer in said[1:]][-1]
        assert step == Verdict("declined", "declined")


def test_nothing_says_a_card_number() -> None:
    for card, of in ((EmvCard(), plastic.GOOD), (Wallet(), plastic.TOKEN)):
        _, fci = read(card)
        kernel = Kernel(1234, "EUR", NOW)
        words = [repr(card), repr(of)]
        step = kernel.start(fci)
        while isinstance(step, Apdu):
            words += [repr(step), repr(kernel), str(kernel)]
            answer = card.answer(step.command)
            assert answer is not None
            step = kernel.next(answer)
        words += [repr(step), repr(kernel)]
        assert of.pan not in " ".join(words)
        assert of.pan not in repr(vars(kernel)), "the kernel forgets it"
        with pytest.raises(RuntimeError):
            kernel.next(b"\x90\x00")
