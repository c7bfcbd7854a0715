"""What all virtual cards have in common: how they are found, and that they answer commands."""

from typing import Literal

Technology = Literal["A", "B", "F"]


class Nak(Exception):
    """A Type 2 tag refuses a command: four bits and no CRC in the place of an answer.

    code: 0x0 the argument or the command is wrong, 0x1 the CRC or parity was (NXP NTAG213/215/216,
    9.3).
    """

    def __init__(self, code: int = 0x0) -> None:
        super().__init__(f"NAK {code:X}")
        self.code = code


class Card:
    """A card in the field: what anticollision finds, and what it then answers."""

    technology: Technology = "A"
    atqa: bytes = b"\x44\x00"
    """ATQA as it goes over the air, low byte first (ISO/IEC 14443-3, 6.5.2)."""
    sak: int = 0x00
    uid: bytes = b""
    ats: bytes = b""
    """The answer to select without its length byte; empty: no ISO-DEP (ISO/IEC 14443-4, 5.2)."""
    atqb: bytes = b""
    """50, PUPI (4), application data (4), protocol information (3) (ISO/IEC 14443-3, 7.9)."""
    idm: bytes = b""
    pmm: bytes = b""
    """Of FeliCa: manufacture identifier and parameter, 8 bytes each (JIS X 6319-4)."""
    delay: float = 0.0
    """Seconds that each answer takes."""

    @property
    def iso_dep(self) -> bool:
        """Whether commands are APDUs, in the blocks of ISO/IEC 14443-4."""
        return bool(self.ats or self.atqb)

    def activated(self) -> None:
        """It is selected anew: nothing of before counts."""

    def answer(self, command: bytes) -> bytes | None:
        """The answer to a command: to an APDU its response; else raw bytes without a CRC.

        None is silence; raises Nak.
        """
        raise NotImplementedError
