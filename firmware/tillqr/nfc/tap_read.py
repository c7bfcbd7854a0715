"""What is on a card that was tapped: a URL for the backend, or an EMV application that pays."""

from micropython import const

from tillqr.nfc.unsupported import Unsupported
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.nfc.contact import Contact
    from tillqr.nfc.target import Target

_TYPE_2 = "tillqr.nfc.type2"
_TYPE_4 = "tillqr.nfc.type4"
_EMV = "tillqr.nfc.emv"
_NDEF = "tillqr.nfc.ndef"
_HELP = ("tillqr.nfc.apdu", "tillqr.nfc.tlv")


async def read(contact: "Contact", target: "Target") -> "tuple[str, bytes]":
    """What a card has for the backend, each a kind and its bytes.

    "ndef": the whole URI of its first URI record, or the text of its first text record, at most
    255 bytes; "emv": the FCI of the application that was selected, at most 256 bytes.
    Raises Unsupported; and CardError, ReaderError, after which the same card may be read yet.
    """
    try:
        found = await _found(contact, target)
    except ValueError:  # the card said it whole, by its CRC: it would say the same again
        raise Unsupported("card_unsupported") from None
    finally:
        unload(_TYPE_2, _TYPE_4, _EMV, _NDEF, *_HELP)
    if found is None:
        raise Unsupported("card_unsupported")
    return found


async def _found(contact: "Contact", target: "Target") -> "tuple[str, bytes] | None":
    """None: it is another kind of card."""
    if target.iso_dep:
        fci = await load(_EMV).select(contact)
        if fci is not None:
            return "emv", fci
        return _said(await load(_TYPE_4).read(contact))
    if target.technology == "A" and target.sak == 0:
        return _said(await load(_TYPE_2).read(contact))
    return None


def _said(message: "bytes | None") -> "tuple[str, bytes] | None":
    """What an NDEF message says."""
    said = load(_NDEF).content(message) if message else None
    return ("ndef", said) if said else None
