"""A phone's wallet: an EMV card once it is unlocked, of the kind of Kernel 3 (Book C-3: qVSDC).

All that the payment needs comes with GET PROCESSING OPTIONS, so there is no record to read.
"""

from typing import Literal

from host_sim.cards import apdu, tlv
from host_sim.cards.emv import ARQC, Application, EmvCard
from host_sim.cards.plastic import TOKEN, Plastic

_APPLICATION = Application(bytes.fromhex("a0000000031010"), b"TEST WALLET", 1)
_TERMINAL = 0x9F66


class Wallet(EmvCard):
    """A phone; `locked` as it lies on the counter, until its owner unlocks it."""

    pdol: tlv.Asked = ((_TERMINAL, 4), *EmvCard.cdol)
    profile = b"\x00\x40"
    """Application interchange profile: no EMV mode, so no GENERATE AC."""

    def __init__(
        self,
        plastic: Plastic = TOKEN,
        locked: bool = False,
        when_locked: Literal["silent", "refuses"] = "refuses",
    ) -> None:
        """when_locked: whether it says nothing then, or to each command that it can't."""
        super().__init__(plastic, (_APPLICATION,), uid=b"\x08\xa1\xb2\xc3")
        self.locked = locked
        self._when_locked = when_locked

    def answer(self, command: bytes) -> bytes | None:
        """The response to an APDU, if the owner has unlocked it."""
        if not self.locked:
            return super().answer(command)
        return apdu.CONDITIONS if self._when_locked == "refuses" else None

    def options(self, given: dict[int, bytes]) -> bytes:
        """All at once: profile, cryptogram, number, and that the owner was asked (CTQ)."""
        return tlv.build(
            0x77,
            tlv.build(0x82, self.profile),
            tlv.build(0x57, self._plastic.track2),
            tlv.build(0x5F34, bytes.fromhex(self._plastic.sequence)),
            tlv.build(0x9F6C, b"\x00\x80"),
            *self.cryptogram(given, ARQC),
        )
