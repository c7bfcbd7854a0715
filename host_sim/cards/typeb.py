"""A type B card that is no payment card, as of an office: it has no application that we know."""

from host_sim.cards import apdu
from host_sim.cards.card import Card


class TypeB(Card):
    """ISO-DEP on type B; it finds nothing that is selected."""

    technology = "B"

    def __init__(self, pupi: bytes) -> None:
        """pupi: four bytes, its pseudo-unique identifier."""
        self.atqb = b"\x50" + pupi + bytes(4) + b"\x00\x81\x81"

    def answer(self, command: bytes) -> bytes | None:
        """A status word."""
        try:
            found = apdu.parse(command).ins == apdu.SELECT
        except apdu.Refused as refused:
            return refused.status
        return apdu.NOT_FOUND if found else apdu.NO_INSTRUCTION
