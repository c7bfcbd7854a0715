"""A virtual card or phone, as the reader's field meets it."""

from typing import ClassVar, Literal


class Nak(Exception):
    """A card without ISO-DEP refused with four bits."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(f"NAK {code:#x}")
        self.code = code


class Card:
    """What every card has; each kind fills in what its technology needs."""

    technology: ClassVar[Literal["A", "B", "F"]] = "A"
    delay: float = 0.0
    """Seconds that each answer takes."""

    # Type A
    atqa: bytes = b"\x04\x00"
    sak: int = 0
    uid: bytes = b""
    ats: bytes = b""
    """Without the length byte; nothing: no ISO-DEP."""
    # Type B
    atqb: bytes = b""
    """0x50, PUPI (4), application data (4), protocol information (3)."""
    # FeliCa
    idm: bytes = b""
    pmm: bytes = b""

    def activated(self) -> None:
        """It was selected anew: its state is as after the anticollision."""

    def answer(self, command: bytes) -> bytes | None:  # noqa: ARG002
        """Its answer to a command, or None: silence. With ISO-DEP whole APDUs, else raw bytes
        without a CRC; raises Nak."""
        return None
