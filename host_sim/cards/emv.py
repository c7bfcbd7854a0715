"""A bank card: EMV contactless, of the kind of Kernel 2 in EMV mode (EMV Contactless Book C-2).

SELECT PPSE, SELECT AID, GET PROCESSING OPTIONS, READ RECORD, GENERATE AC. Numbers are of the test
ranges; its key is its issuer's test key. It is not authenticated offline, as it is always online.
"""

from typing import NamedTuple

from host_sim.cards import apdu, cryptogram, tlv
from host_sim.cards.card import Card
from host_sim.cards.plastic import GOOD, Plastic

PPSE = b"2PAY.SYS.DDF01"
_BY_NAME = 0x0400
_GET_OPTIONS, _GENERATE = 0xA8, 0xAE
_PROPRIETARY = 0x80
_KIND_OF_CRYPTOGRAM = 0xC0
ARQC, AAC = 0x80, 0x00
_TRANSACTION: tlv.Asked = (
    *((0x9F02, 6), (0x9F03, 6), (0x9F1A, 2), (0x95, 5)),
    *((0x5F2A, 2), (0x9A, 3), (0x9C, 1), (0x9F37, 4)),
)
"""What a cryptogram needs of the terminal."""


class Application(NamedTuple):
    """One that is on a card; the lowest priority comes first."""

    aid: bytes
    label: bytes
    priority: int


DEBIT = Application(bytes.fromhex("a0000000043060"), b"TEST DEBIT", 2)
CREDIT = Application(bytes.fromhex("a0000000041010"), b"TEST CREDIT", 1)


class EmvCard(Card):
    """A card with two applications on one account; `counter` is its ATC."""

    atqa, sak, ats = b"\x04\x00", 0x20, bytes.fromhex("78807002")
    pdol: tlv.Asked = ((0x9F02, 6), (0x5F2A, 2))
    cdol: tlv.Asked = _TRANSACTION
    profile = b"\x18\x80"
    """Application interchange profile: EMV mode, so GENERATE AC follows (Book C-2, A.1.16)."""
    files = bytes.fromhex("0801010010010200")
    """Application file locator: record 1 of file 1, records 1 and 2 of file 2."""
    data = bytes.fromhex("06011203a00000")
    """Issuer application data: cryptogram version 18, key index 1."""

    def __init__(
        self,
        plastic: Plastic = GOOD,
        applications: tuple[Application, ...] = (DEBIT, CREDIT),
        uid: bytes = b"\x08\x11\x22\x33",
    ) -> None:
        """The cards of one issuer differ in what is on them."""
        self.uid = uid
        self.counter = 0
        self.refuses = False
        """It declines by itself: AAC, not ARQC."""
        self._plastic = plastic
        self._applications = {one.aid: one for one in applications}
        self._chosen: Application | None = None
        self._ready = False

    def __repr__(self) -> str:
        """Without its number."""
        return f"<{type(self).__name__}>"

    def activated(self) -> None:
        """No application is selected."""
        self._chosen, self._ready = None, False

    def answer(self, command: bytes) -> bytes | None:
        """The response to an APDU."""
        try:
            return self._carried_out(apdu.parse(command)) + apdu.OK
        except apdu.Refused as refused:
            return refused.status

    def _carried_out(self, command: apdu.Command) -> bytes:
        done = {
            (0x00, apdu.SELECT): self._select,
            (0x00, apdu.READ_RECORD): self._read_record,
            (_PROPRIETARY, _GET_OPTIONS): self._get_options,
            (_PROPRIETARY, _GENERATE): self._generate,
        }.get((command.cla, command.ins))
        if done is None:
            raise apdu.Refused(apdu.NO_INSTRUCTION)
        return done(command)

    # Selection (Book B, 3.3).

    def _select(self, command: apdu.Command) -> bytes:
        if command.p1_p2 != _BY_NAME:
            raise apdu.Refused(apdu.WRONG_P1_P2)
        self._chosen, self._ready = None, False
        if command.data == PPSE:
            return self._directory()
        self._chosen = self._applications.get(command.data)
        if self._chosen is None:
            raise apdu.Refused(apdu.NOT_FOUND)
        return _fci(
            self._chosen.aid, tlv.build(0x50, self._chosen.label), self._offered(self._chosen)
        )

    def _offered(self, chosen: Application) -> bytes:
        """Priority and PDOL."""
        return tlv.build(0x87, bytes((chosen.priority,))) + tlv.build(0x9F38, tlv.dol(self.pdol))

    def _directory(self) -> bytes:
        """The PPSE's FCI: an entry an application."""
        entries = [
            tlv.build(
                0x61,
                tlv.build(0x4F, one.aid),
                tlv.build(0x50, one.label),
                tlv.build(0x87, bytes((one.priority,))),
            )
            for one in self._applications.values()
        ]
        return _fci(PPSE, tlv.build(0xBF0C, *entries))

    # The transaction (EMV 4.3 Book 3, 6.5).

    def _get_options(self, command: apdu.Command) -> bytes:
        given = self._given(command, self.pdol, b"\x83" + bytes((_size(self.pdol),)))
        self.counter += 1
        self._ready = True
        return self.options(given)

    def options(self, given: dict[int, bytes]) -> bytes:
        """The answer to GET PROCESSING OPTIONS; given: what the PDOL asked for."""
        del given  # the amount only chooses a profile, and there is one
        return tlv.build(0x77, tlv.build(0x82, self.profile), tlv.build(0x94, self.files))

    def _given(self, command: apdu.Command, asked: tlv.Asked, head: bytes = b"") -> dict:
        """What a command's data hold of what was asked for; raises Refused."""
        if self._chosen is None:
            raise apdu.Refused(apdu.CONDITIONS)
        if not command.data.startswith(head):
            raise apdu.Refused(apdu.WRONG_LENGTH)
        try:
            return tlv.answered(asked, command.data[len(head) :])
        except ValueError:
            raise apdu.Refused(apdu.WRONG_LENGTH) from None

    def _read_record(self, command: apdu.Command) -> bytes:
        record = (command.p2 >> 3, command.p1)
        if not self._ready or command.p2 & 7 != 4:
            raise apdu.Refused(apdu.CONDITIONS)
        found = self._records().get(record)
        if found is None:
            raise apdu.Refused(apdu.NO_RECORD)
        return tlv.build(0x70, *found)

    def _records(self) -> dict[tuple[int, int], tuple[bytes, ...]]:
        """By file and number."""
        plastic = self._plastic
        holder = (
            tlv.build(0x5A, bytes.fromhex(plastic.pan)),
            tlv.build(0x5F24, bytes.fromhex(plastic.expires)),
            tlv.build(0x5F34, bytes.fromhex(plastic.sequence)),
        )
        rules = (tlv.build(0x8C, tlv.dol(self.cdol)), tlv.build(0x9F07, b"\xff\x00"))
        return {(1, 1): (tlv.build(0x57, plastic.track2),), (2, 1): holder, (2, 2): rules}

    def _generate(self, command: apdu.Command) -> bytes:
        if not self._ready:
            raise apdu.Refused(apdu.CONDITIONS)
        given = self._given(command, self.cdol)
        self._ready = False
        wanted = command.p1 & _KIND_OF_CRYPTOGRAM
        return tlv.build(0x77, *self.cryptogram(given, AAC if wanted == AAC else ARQC))

    def cryptogram(self, given: dict[int, bytes], kind: int) -> tuple[bytes, ...]:
        """A cryptogram over what the terminal has given, and what belongs to it."""
        kind = AAC if self.refuses else kind
        own = {0x82: self.profile, 0x9F36: self.counter.to_bytes(2, "big"), 0x9F10: self.data}
        key = cryptogram.card_key(cryptogram.ISSUER_KEY, self._plastic.pan, self._plastic.sequence)
        made = cryptogram.of_transaction(key, {**given, **own})
        return (
            tlv.build(0x9F27, bytes((kind,))),
            tlv.build(0x9F36, own[0x9F36]),
            tlv.build(0x9F26, made),
            tlv.build(0x9F10, self.data),
        )


def _size(asked: tlv.Asked) -> int:
    return sum(size for _, size in asked)


def _fci(name: bytes, *parts: bytes) -> bytes:
    """File control information (Book 1, 11.3.4)."""
    return tlv.build(0x6F, tlv.build(0x84, name), tlv.build(0xA5, *parts))
