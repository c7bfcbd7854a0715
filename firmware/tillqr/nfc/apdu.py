"""APDUs to a card on ISO-DEP (ISO/IEC 7816-4, 5.1)."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.nfc.contact import Contact

OK = const(0x9000)
TIME_MS = const(1000)
"""For a response; a card that needs longer asks for it (ISO/IEC 14443-4, 7.3)."""
_LONGEST = const(258)


async def send(contact: "Contact", command: bytes) -> "tuple[bytes, int]":
    """The data, at most 256 bytes, and the status word of a response; raises CardError,
    or ValueError if it is none."""
    answer = await contact.exchange(command, TIME_MS)
    if not 2 <= len(answer) <= _LONGEST:
        raise ValueError
    return answer[:-2], int.from_bytes(answer[-2:], "big")


async def select(contact: "Contact", name: bytes) -> "tuple[bytes, int]":
    """SELECT an application by its name: its FCI, and the status word (7816-4, 7.1.1)."""
    return await send(contact, b"\x00\xa4\x04\x00" + bytes((len(name),)) + name + b"\x00")
