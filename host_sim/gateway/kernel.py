"""The EMV side of a tap: which commands a bank card gets, and whether it pays (EMV 4.3 Book 3;
EMV Contactless Books C-2 and C-3, of which this is the smallest part that works).

No I/O: the display carries commands and responses. The application has been selected there. The
card's data live as long as the transaction, in here; nothing of them is in a verdict or a repr.
Each payment is online: the issuer judges the card's cryptogram, so the card is not authenticated
here, and no amount is paid unasked.
"""

import secrets
import time
from collections.abc import Callable

from host_sim.gateway import tlv
from host_sim.gateway.emv_terms import CURRENCIES, Data, Locator, locators, number_of
from host_sim.gateway.issuer import Issuer, bench_issuer
from host_sim.gateway.tlv import BadData
from host_sim.gateway.verdict import Apdu, Step, Verdict

_OK = b"\x90\x00"
_LOCKED = (b"\x69\x85", b"\x69\x86")
_EMV_MODE = 0x80
_KIND_OF_CRYPTOGRAM, _ARQC = 0xC0, 0x80
_QUALIFIERS = b"\x20\x80\x40\x00"
"""TTQ: qVSDC, an online cryptogram is required, a phone may ask its owner (Book A, 5.7)."""
_COUNTRY = b"\x02\x76"


class Kernel:
    """One transaction: start(), then next() with each response until there is a Verdict."""

    def __init__(
        self,
        amount: int,
        currency: str,
        now: float,
        *,
        issuer: Issuer | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """amount: minor units; currency: ISO 4217; now: Unix time; random: makes the
        unpredictable number."""
        self._amount = amount
        self._currency = currency
        self._today = time.strftime("%y%m%d", time.gmtime(now))
        self._issuer = issuer or bench_issuer()
        self._terminal = self._terms(random(4))
        self._card: dict[int, bytes] = {}
        self._records: list[Locator] = []
        self._next: Callable[[bytes], Step] | None = None

    def __repr__(self) -> str:
        """Nothing of the card."""
        return f"Kernel({self._amount} {self._currency})"

    def _terms(self, unpredictable: bytes) -> dict[int, bytes]:
        """What a card may ask the terminal for."""
        return {
            Data.AMOUNT: bytes.fromhex(f"{self._amount:012}"),
            Data.OTHER_AMOUNT: bytes(6),
            Data.COUNTRY: _COUNTRY,
            Data.CURRENCY: bytes.fromhex(CURRENCIES.get(self._currency, "0999")),
            Data.VERIFICATION: bytes(5),
            Data.DATE: bytes.fromhex(self._today),
            Data.TYPE: b"\0",
            Data.UNPREDICTABLE: unpredictable,
            Data.QUALIFIERS: _QUALIFIERS,
        }

    def start(self, fci: bytes) -> Step:
        """The first command, for the application with that FCI."""
        if self._currency not in CURRENCIES:
            return self._end("declined", "declined")
        return self._tried(lambda: self._get_options(fci))

    def next(self, response: bytes) -> Step:
        """What follows a response with its status word; after a Verdict there is nothing."""
        if self._next is None:
            raise RuntimeError("the transaction is not under way")
        if response[-2:] in _LOCKED:
            return self._end("again", "phone_locked")
        if len(response) < 2:
            return self._end("again", "card_gone")
        if response[-2:] != _OK:
            return self._end("declined", "declined")
        follow = self._next
        return self._tried(lambda: follow(response[:-2]))

    def _tried(self, step: Callable[[], Step]) -> Step:
        """A step; garbage from the card means that it must be read again."""
        try:
            return step()
        except BadData:
            return self._end("again", "card_gone")

    def _ask(self, head: str, data: bytes, follow: Callable[[bytes], Step]) -> Apdu:
        self._next = follow
        body = bytes((len(data),)) + data if data else b""
        return Apdu(bytes.fromhex(head) + body + b"\0")

    def _end(self, state: str, reason: str = "") -> Verdict:
        """Decided: the card's data are forgotten."""
        self._next = None
        self._card.clear()
        self._terminal.clear()
        return Verdict(state, reason)  # type: ignore[arg-type]

    # GET PROCESSING OPTIONS and READ RECORD (Book 3, 6.5.8 and 6.5.11).

    def _get_options(self, fci: bytes) -> Step:
        offered = tlv.inside(fci, 0x6F).get(0xA5)
        if offered is None:
            raise BadData("the FCI has no template A5")
        pdol = dict(tlv.objects(offered)).get(Data.PDOL, b"")
        values = tlv.filled(pdol, self._terminal, 0x7F)
        return self._ask("80A80000", bytes((0x83, len(values))) + values, self._options)

    def _options(self, data: bytes) -> Step:
        if data[:1] == b"\x80":  # format 1: the profile, then the locators
            plain = dict(tlv.objects(data)).get(0x80, b"")
            self._card = {Data.PROFILE: plain[:2], Data.FILES: plain[2:]}
        else:
            self._learn(data, 0x77)
        if len(self._card.get(Data.PROFILE, b"")) != 2:
            raise BadData("there is no profile")
        self._records = locators(self._card.get(Data.FILES, b""))
        return self._read_next()

    def _read_next(self) -> Step:
        if not self._records:
            return self._check()
        file, record = self._records.pop(0)
        return self._ask(f"00B2{record:02X}{file << 3 | 4:02X}", b"", self._record)

    def _record(self, data: bytes) -> Step:
        self._learn(data, 0x70)
        return self._read_next()

    def _learn(self, data: bytes, template: int) -> None:
        """Keep what a response says; what has been said stays as it is (Book 3, 10.2)."""
        found = tlv.inside(data, template)
        if found.keys() & self._card.keys():
            raise BadData("two responses say the same thing")
        self._card.update(found)

    # What is decided here, before the issuer.

    def _check(self) -> Step:
        card = self._card
        if number_of(card).expires < self._today:
            return self._end("declined", "card_expired")
        if Data.CRYPTOGRAM in card:
            return self._authorise()
        if card[Data.PROFILE][1] & _EMV_MODE and Data.CDOL in card:
            values = tlv.filled(card[Data.CDOL], self._terminal)
            return self._ask("80AE8000", values, self._generated)
        return self._end("declined", "declined")

    def _generated(self, data: bytes) -> Step:
        self._learn(data, 0x77)
        return self._authorise()

    def _authorise(self) -> Step:
        """Online: the issuer's word."""
        card = self._card
        kind = card.get(Data.KIND, b"")
        if len(kind) != 1 or len(card.get(Data.COUNTER, b"")) != 2:
            raise BadData("the cryptogram is not whole")
        if kind[0] & _KIND_OF_CRYPTOGRAM != _ARQC or Data.CRYPTOGRAM not in card:
            return self._end("declined", "declined")
        who = number_of(card)
        heard: dict[int, bytes] = {tag: card[tag] for tag in _SAID if tag in card}
        said = {**self._terminal, **heard}
        refusal = self._issuer.refusal(who.pan, who.sequence, said, self._amount)
        return self._end("declined", refusal) if refusal else self._end("approved")


_SAID = (Data.PROFILE, Data.COUNTER, Data.ISSUER_DATA, Data.CRYPTOGRAM)
"""What the issuer hears of the card. What the terminal has said no card can say in its place."""
