"""Words of EMV: data objects, currencies, files, and whose card it is (EMV 4.3 Book 3, Annex A)."""

from enum import IntEnum
from typing import NamedTuple

from host_sim.gateway.tlv import BadData

_MOST_RECORDS = 16


class Data(IntEnum):
    """Tags of data objects."""

    AMOUNT = 0x9F02
    OTHER_AMOUNT = 0x9F03
    COUNTRY = 0x9F1A
    CURRENCY = 0x5F2A
    VERIFICATION = 0x95
    """Terminal verification results."""
    DATE = 0x9A
    TYPE = 0x9C
    UNPREDICTABLE = 0x9F37
    QUALIFIERS = 0x9F66
    """Terminal transaction qualifiers."""
    PDOL = 0x9F38
    CDOL = 0x8C
    PROFILE = 0x82
    """Application interchange profile."""
    FILES = 0x94
    """Application file locator."""
    PAN = 0x5A
    EXPIRES = 0x5F24
    SEQUENCE = 0x5F34
    TRACK2 = 0x57
    KIND = 0x9F27
    """Cryptogram information data."""
    COUNTER = 0x9F36
    """Application transaction counter."""
    CRYPTOGRAM = 0x9F26
    ISSUER_DATA = 0x9F10


_NUMBERS = (
    "AUD036 BHD048 BRL986 CAD124 CHF756 CNY156 CZK203 DKK208 EUR978 GBP826 HKD344 HUF348 INR356 "
    "JPY392 KRW410 KWD414 MXN484 NOK578 NZD554 PLN985 SEK752 SGD702 THB764 TND788 TRY949 USD840 "
    "VND704 ZAR710"
)
CURRENCIES = {word[:3]: "0" + word[3:] for word in _NUMBERS.split()}
"""The numeric codes of ISO 4217, four digits, of the currencies that the acquirer takes."""


class Locator(NamedTuple):
    """Where a record is."""

    file: int
    record: int


def locators(files: bytes) -> list[Locator]:
    """The records that an AFL names (Book 3, 10.2); raises BadData."""
    if len(files) % 4:
        raise BadData("the file locator is cut")
    found = []
    for at in range(0, len(files), 4):
        head, first, last, _ = files[at : at + 4]
        if head & 7 or not 1 <= head >> 3 <= 30 or not 1 <= first <= last:
            raise BadData("a file locator is wrong")
        found += [Locator(head >> 3, record) for record in range(first, last + 1)]
        if len(found) > _MOST_RECORDS:
            raise BadData("there are too many records")
    return found


class Holder(NamedTuple):
    """Whose card it is."""

    pan: str
    expires: str
    """YYMMDD, its last day."""
    sequence: str

    def __repr__(self) -> str:
        """Nothing of it."""
        return "<Holder>"


def number_of(card: dict[int, bytes]) -> Holder:
    """Who a card's data objects say it is; raises BadData.

    Number and month may be in the records or in the track 2 data; where both are, they must agree.
    """
    track_pan, _, after = card.get(Data.TRACK2, b"").hex().partition("d")
    pan = card[Data.PAN].hex().rstrip("f") if Data.PAN in card else track_pan
    expires = card[Data.EXPIRES].hex() if Data.EXPIRES in card else after[:4] + "31"
    if not pan.isdecimal() or not 8 <= len(pan) <= 19 or not expires.isdecimal():
        raise BadData("there is no card number")
    if len(expires) != 6 or (Data.TRACK2 in card and track_pan != pan):
        raise BadData("number or date is not right")
    return Holder(pan, expires, (card.get(Data.SEQUENCE) or b"\0").hex())
