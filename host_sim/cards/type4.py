"""An NFC Forum Type 4 tag: the NDEF application on ISO-DEP (NFC Forum T4T 2.0)."""

from host_sim.cards import apdu
from host_sim.cards.card import Card

APPLICATION = bytes.fromhex("d2760000850101")
CONTAINER, NDEF = 0xE103, 0xE104
_BY_NAME, _BY_FILE = 0x0400, 0x000C
_WITHOUT_FCI = 0x040C
_MLC = 0x34
_NO_WRITING = 0xFF


class Type4(Card):
    """A tag with one NDEF file, which can be read only."""

    atqa, sak, ats = b"\x44\x03", 0x20, bytes.fromhex("7577810280")

    def __init__(self, message: bytes, uid: bytes, mle: int = 0x3B) -> None:
        """message: an NDEF message; mle: the most bytes that it gives at once."""
        self.uid = uid
        self._mle = mle
        content = len(message).to_bytes(2, "big") + message
        self._files = {CONTAINER: self._container(len(content)), NDEF: content}
        self._selected: int | None = None
        self._open = False

    def _container(self, size: int) -> bytes:
        """The capability container (T4T 2.0, 5.1)."""
        control = NDEF.to_bytes(2, "big") + size.to_bytes(2, "big") + bytes((0, _NO_WRITING))
        sizes = self._mle.to_bytes(2, "big") + _MLC.to_bytes(2, "big")
        return b"\x00\x0f\x20" + sizes + b"\x04\x06" + control

    def activated(self) -> None:
        """No application is selected."""
        self._open, self._selected = False, None

    def answer(self, command: bytes) -> bytes | None:
        """The response to an APDU."""
        try:
            return self._carried_out(apdu.parse(command))
        except apdu.Refused as refused:
            return refused.status

    def _carried_out(self, command: apdu.Command) -> bytes:
        if command.cla:
            raise apdu.Refused(apdu.NO_CLASS)
        if command.ins == apdu.SELECT:
            return self._select(command)
        if command.ins == apdu.READ_BINARY:
            return self._read(command)
        raise apdu.Refused(apdu.NO_INSTRUCTION)

    def _select(self, command: apdu.Command) -> bytes:
        if command.p1_p2 in (_BY_NAME, _WITHOUT_FCI):
            if command.data != APPLICATION:
                raise apdu.Refused(apdu.NOT_FOUND)
            self._open, self._selected = True, None
            return apdu.OK
        if command.p1_p2 != _BY_FILE:
            raise apdu.Refused(apdu.WRONG_P1_P2)
        number = int.from_bytes(command.data, "big")
        if not self._open or len(command.data) != 2 or number not in self._files:
            raise apdu.Refused(apdu.NOT_FOUND)
        self._selected = number
        self.file_selected()
        return apdu.OK

    def file_selected(self) -> None:
        """A file is about to be read."""

    def content(self, number: int) -> bytes:
        """What a file holds now."""
        return self._files[number]

    def _read(self, command: apdu.Command) -> bytes:
        """READ BINARY: at most MLe bytes; those that are left, where fewer are."""
        if self._selected is None:
            raise apdu.Refused(apdu.CONDITIONS)
        if command.le is None or command.data or (command.le > self._mle and command.le != 256):
            raise apdu.Refused(apdu.WRONG_LENGTH)
        content = self.content(self._selected)
        if command.p1 & 0x80 or command.p1_p2 >= len(content):
            raise apdu.Refused(apdu.WRONG_OFFSET)
        size = min(command.le, self._mle)
        part = content[command.p1_p2 : command.p1_p2 + size]
        whole = len(part) == size or command.le == 256
        return part + (apdu.OK if whole else apdu.END_OF_FILE)
