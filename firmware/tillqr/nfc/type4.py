"""The NDEF message of a Type 4 tag: the NDEF application on ISO-DEP (NFC Forum T4T 2.0, 5)."""

from micropython import const

from tillqr.nfc import apdu

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.nfc.contact import Contact

_NAME = b"\xd2\x76\x00\x00\x85\x01\x01"
_CONTAINER = b"\xe1\x03"
_CONTAINER_SIZE = const(15)
_LEAST_MLE = const(15)
_MOST_AT_ONCE = const(240)
_MAX_MESSAGE = const(512)
_CONTROL = b"\x04\x06"
"""Tag and length of the NDEF file control TLV (T4T 2.0, 5.1.2.1)."""


async def read(contact: "Contact") -> "bytes | None":
    """The NDEF message; None if there is no such application, or nothing to be read.

    Raises CardError, ReaderError, and ValueError if a file can't be read as it says it can.
    """
    _, status = await apdu.select(contact, _NAME)
    if status != apdu.OK or not await _select_file(contact, _CONTAINER):
        return None
    container = await _read_binary(contact, 0, _CONTAINER_SIZE)
    mle = int.from_bytes(container[3:5], "big")
    if container[2] >> 4 not in (2, 3) or container[7:9] != _CONTROL or container[13]:
        return None  # another version, a file of another form, or one that needs a key
    if mle < _LEAST_MLE or not await _select_file(contact, container[9:11]):
        return None
    room = int.from_bytes(container[11:13], "big")
    return await _message(contact, room - 2, min(mle, _MOST_AT_ONCE))


async def _message(contact: "Contact", room: int, at_once: int) -> "bytes | None":
    """The selected file's message, which its first two bytes say the length of."""
    size = int.from_bytes(await _read_binary(contact, 0, 2), "big")
    if not 0 < size <= min(room, _MAX_MESSAGE):
        return None
    message = b""
    while len(message) < size:
        wanted = min(at_once, size - len(message))
        message += await _read_binary(contact, 2 + len(message), wanted)
    return message


async def _select_file(contact: "Contact", number: bytes) -> bool:
    """Whether there is a file of that number, which is selected now."""
    _, status = await apdu.send(contact, b"\x00\xa4\x00\x0c\x02" + number)
    return status == apdu.OK


async def _read_binary(contact: "Contact", offset: int, size: int) -> bytes:
    """So many bytes of the selected file."""
    command = b"\x00\xb0" + offset.to_bytes(2, "big") + bytes((size,))
    data, status = await apdu.send(contact, command)
    if status != apdu.OK or len(data) != size:
        raise ValueError
    return data
