"""A FeliCa card, as of public transport: found, but not supported (JIS X 6319-4)."""

from host_sim.cards.card import Card

_POLLING, _POLLED = 0x00, 0x01
_ANY = 0xFF


class Felica(Card):
    """It answers polling of its system; all else is silence."""

    technology = "F"

    def __init__(self, idm: bytes, system: bytes = b"\x00\x03") -> None:
        """idm: 8 bytes; system: the system code."""
        self.idm = idm
        self.pmm = bytes.fromhex("100b4b428485d0ff")
        self._system = system

    def answer(self, command: bytes) -> bytes | None:
        """Commands and answers begin with their length, which counts itself."""
        if len(command) != 6 or command[0] != 6 or command[1] != _POLLING:
            return None
        asked = command[2:4]
        if any(want not in (_ANY, has) for want, has in zip(asked, self._system, strict=True)):
            return None
        return bytes((18, _POLLED)) + self.idm + self.pmm
