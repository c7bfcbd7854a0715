"""What a PN532 does in its field: finds targets and talks to them (UM0701-02, 7.3).

Each function of a command gives the response's data behind its code, and how long it took.
"""

from host_sim.cards.card import Card, Nak
from host_sim.reader.field import Field

Done = tuple[bytes, float]
_GUARD = 0.005  # from field on to the first command (ISO/IEC 14443-3, 6.2.4)
_FRAME = 0.001  # a short command and its answer, or the wait for none
_PER_BYTE = 0.000_094  # 106 kbit/s, with parity and gaps
_NO_ANSWER = 0.051  # RFConfiguration's default time-out
_MOST = 262
"""Bytes of an answer that go into one response."""
_MOST_COMMAND = 1024
TIME_OUT, CRC, BUFFER, AUTHENTICATION, CONTEXT = 0x01, 0x02, 0x07, 0x14, 0x27
_MORE = 0x40


class Targets:
    """The targets that the chip has activated, numbered from 1."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.field_on = False
        self.retries = 0xFF
        """How often a search tries again; 0xFF is for ever."""
        self._numbered: dict[int, Card] = {}
        self._halted: list[Card] = []
        self._command = b""
        self._rest = b""

    def switch(self, on: bool) -> None:
        """Switch the field; without it a card forgets everything."""
        self.field_on = on
        if not on:
            self._halted.clear()
            self._forget()

    def _forget(self) -> None:
        self._numbered.clear()
        self._command = self._rest = b""

    def search(self, most: int, kind: int, asked: bytes) -> Done | None:
        """InListPassiveTarget; None if that can't be asked for.

        A card that was activated since the field was switched on doesn't answer again.
        """
        made = {0: ("A", _type_a), 1: ("F", _felica), 2: ("F", _felica), 3: ("B", _type_b)}
        if kind not in made or not 1 <= most <= 2 or (kind == 3 and len(asked) != 1):
            return None
        if kind in (1, 2) and (len(asked) != 5 or asked[0] != 0):
            return None
        took = _FRAME if self.field_on else _GUARD + _FRAME
        self.field_on = True
        self._forget()
        technology, describe = made[kind]
        there = [card for card in self._field.of(technology) if card not in self._halted][:most]
        if not there and self.retries == 0xFF:
            return b"", float("inf")
        found = bytes((len(there),))
        for number, card in enumerate(there, 1):
            self._numbered[number] = card
            self._halted.append(card)
            card.activated()
            found += bytes((number,)) + describe(card)
            took += 0.004
        return found, took if there else took + 0.005 * (1 + self.retries)

    def exchange(self, number: int, data: bytes) -> Done:
        """InDataExchange: number with the bit MI."""
        card = self._numbered.get(number & 0x3F)
        if card is None:
            return bytes((CONTEXT,)), 0.0
        if len(self._command) + len(data) > _MOST_COMMAND:
            self._command = b""
            return bytes((BUFFER,)), 0.0
        self._command += data
        if number & _MORE:
            return b"\0", _FRAME + _PER_BYTE * len(data)
        command, self._command = self._command, b""
        if not command and self._rest:
            return self._part(0.0)
        return self._talk(card, command)

    def through(self, data: bytes) -> Done:
        """InCommunicateThru, to the target that was activated last."""
        card = next(reversed(self._numbered.values()), None)
        if card is None or _iso_dep(card):  # it takes only blocks, which aren't modelled
            return bytes((TIME_OUT,)), _NO_ANSWER
        return self._talk(card, data)

    def _talk(self, card: Card, command: bytes) -> Done:
        took = _FRAME + _PER_BYTE * len(command)
        try:
            answer = self._field.answer(card, command)
        except Nak:  # the chip takes four bits for a frame with a wrong CRC
            return bytes((CRC,)), took
        if answer is None and command[:1] in (b"\x60", b"\x61") and card in self._field.cards:
            return bytes((AUTHENTICATION,)), took
        if answer is None or (card.delay > _NO_ANSWER and not _iso_dep(card)):
            return bytes((TIME_OUT,)), took + _NO_ANSWER
        self._rest = answer
        return self._part(took + card.delay)  # with ISO-DEP the card asks for more time (WTX)

    def _part(self, took: float) -> Done:
        part, self._rest = self._rest[:_MOST], self._rest[_MOST:]
        return bytes((_MORE if self._rest else 0,)) + part, took + _PER_BYTE * len(part)

    def attendance(self) -> Done:
        """Diagnose 6: whether the target with ISO-DEP is there."""
        card = self._numbered.get(1)
        if card is None or not _iso_dep(card):
            return bytes((CONTEXT,)), 0.0
        here = card in self._field.cards
        return (b"\0", _FRAME) if here else (bytes((TIME_OUT,)), _NO_ANSWER)

    def select(self, number: int, command: int) -> Done:
        """InDeselect (0x44), InRelease (0x52), InSelect (0x54); 0 is all targets."""
        if number and number not in self._numbered:
            return bytes((CONTEXT,)), 0.0
        if command == 0x52:
            for one in [number] if number else list(self._numbered):
                del self._numbered[one]
        return b"\0", _FRAME


def _iso_dep(card: Card) -> bool:
    return card.technology == "B" or (card.technology == "A" and card.sak & 0x20 != 0)


def _type_a(card: Card) -> bytes:
    ats = bytes((len(card.ats) + 1,)) + card.ats if _iso_dep(card) else b""
    return card.atqa[::-1] + bytes((card.sak, len(card.uid))) + card.uid + ats


def _type_b(card: Card) -> bytes:
    return card.atqb + b"\x01\x00"


def _felica(card: Card) -> bytes:
    return b"\x12\x01" + card.idm + card.pmm
