"""The backend's kernel over bank cards and phones: who pays, who doesn't, and that garbage has a
named end."""

import pytest
from tillqr.nfc.pn532 import CardError
from tillqr.nfc.unsupported import Unsupported

from host_sim.cards import plastic
from host_sim.cards import tlv as card_tlv
from host_sim.cards.card import Card
from host_sim.cards.emv import DEBIT, EmvCard
from host_sim.cards.plastic import Plastic
from host_sim.cards.wallet import Wallet
from host_sim.gateway import tlv
from host_sim.gateway.emv_terms import Data, locators
from host_sim.gateway.kernel import Kernel
from host_sim.gateway.reasons import AGAIN, REASONS
from host_sim.gateway.verdict import Apdu, Verdict
from tests.host_sim.tapping import read

NOW = 1_795_478_400.0


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


class Cheat(EmvCard):
    """It says itself what the amount is, and judges that."""

    def cryptogram(self, given: dict[int, bytes], kind: int) -> tuple[bytes, ...]:
        """Of one cent."""
        cent = bytes(5) + b"\1"
        made = super().cryptogram({**given, Data.AMOUNT: cent}, kind)
        return (*made, card_tlv.build(Data.AMOUNT, cent))


def test_the_terminal_says_the_amount() -> None:
    assert pay(Cheat(plastic.LIMITED), 1).state == "approved"
    assert pay(Cheat(plastic.LIMITED), 2) == Verdict("declined", "declined")


@pytest.mark.parametrize(
    "files",
    [
        "080101",  # cut
        "08000100",  # record 0
        "09010100",  # bits that must be zero
        "00010100",  # file 0
        "f8010100",  # file 31
        "08020100",  # the last before the first
        "0801ff00",  # far too many records
        "08010a0010010a00",
    ],
)
def test_a_file_locator_that_is_wrong(files: str) -> None:
    with pytest.raises(tlv.BadData):
        locators(bytes.fromhex(files))
    card = EmvCard()
    card.files = bytes.fromhex(files)
    assert pay(card) == Verdict("again", "card_gone")


def test_a_card_that_asks_for_too_much() -> None:
    card = EmvCard()
    card.pdol = ((Data.AMOUNT, 120),)
    assert pay(card) == Verdict("approved")
    card.pdol = ((Data.AMOUNT, 120), (Data.CURRENCY, 8))
    assert pay(card) == Verdict("again", "card_gone")
    card = EmvCard()
    card.cdol = (*card.cdol, (Data.QUALIFIERS, 200), (Data.COUNTRY, 100))
    assert pay(card) == Verdict("again", "card_gone")


def test_records_are_read_in_the_order_of_the_locator() -> None:
    assert locators(bytes.fromhex("0801020010030300")) == [(1, 1), (1, 2), (2, 3)]
    assert len(locators(bytes.fromhex("08011000"))) == 16


def test_nothing_is_said_twice() -> None:
    """Else a card could be judged by one number or date, and pay by another."""
    said = conversation(EmvCard())
    generated = dict(tlv.objects(said[-1][:-2]))[0x77]
    pan = card_tlv.build(0x5A, bytes.fromhex(plastic.GOOD.pan))
    date = card_tlv.build(0x5F24, b"\x40\x12\x31")
    for more, state in ((b"", "approved"), (pan, "again"), (date, "again")):
        last = card_tlv.build(0x77, generated, more) + b"\x90\x00"
        assert again([*said[:-1], last]).state == state
    last = card_tlv.build(0x77, generated, generated) + b"\x90\x00"
    assert again([*said[:-1], last]) == Verdict("again", "card_gone")


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
        assert vars(kernel)["_card"] == {}, "the kernel forgets it"
        with pytest.raises(RuntimeError):
            kernel.next(b"\x90\x00")
