"""Which of an EMV card's applications pays: PPSE, then the first by priority that can be selected
(EMV Contactless Book B, 3.3). What the card says after that is for the backend's kernel."""

from micropython import const

from tillqr.nfc import apdu, tlv
from tillqr.nfc.unsupported import Unsupported

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.nfc.contact import Contact

_PPSE = b"2PAY.SYS.DDF01"
_FCI = const(0x6F)
_PROPRIETARY = const(0xA5)
_DISCRETIONARY = const(0xBF0C)
_ENTRY = const(0x61)
_AID = const(0x4F)
_PRIORITY = const(0x87)
_NO_PRIORITY = const(16)  # after all that have one
_MOST_TRIED = const(4)
_LOCKED = (0x6985, 0x6986)
"""Conditions of use not satisfied, command not allowed: what phones say until they are unlocked."""


async def select(contact: "Contact") -> "bytes | None":
    """The FCI of the application that was chosen; None if it is no card that pays.

    Raises Unsupported "phone_locked", CardError, ReaderError, BadTlv.
    """
    directory = await _selected(contact, _PPSE)
    if directory is None:
        return None
    for aid in candidates(directory)[:_MOST_TRIED]:
        fci = await _selected(contact, aid)
        if fci is not None:
            return fci
    return None


async def _selected(contact: "Contact", name: bytes) -> "bytes | None":
    fci, status = await apdu.select(contact, name)
    if status in _LOCKED:
        raise Unsupported("phone_locked")
    return fci if status == apdu.OK else None


def candidates(directory: bytes) -> "list[bytes]":
    """The AIDs in a PPSE's FCI, those first that the card would rather pay with (Book B, 3.3.2.5).

    Raises BadTlv.
    """
    found: list[tuple[int, int, bytes]] = []
    for tag, entry in tlv.objects(tlv.find(directory, _FCI, _PROPRIETARY, _DISCRETIONARY) or b""):
        aid = tlv.find(entry, _AID) if tag == _ENTRY else None
        if aid and 5 <= len(aid) <= 16:
            priority = tlv.find(entry, _PRIORITY) or b"\0"
            found.append((priority[0] & 15 or _NO_PRIORITY, len(found), aid))
    return [aid for _, _, aid in sorted(found)]
