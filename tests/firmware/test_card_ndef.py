"""NDEF messages: what a card may say, and what is no message (NFC Forum NDEF 1.0)."""

from tillqr.nfc import ndef

from tests.support import raises

WORD = b"shop.example/t?a=1"


def record(payload, head=0xD1, kind=b"U"):
    return bytes((head, len(kind), len(payload))) + kind + payload


def test_a_uri_gets_its_beginning():
    assert ndef.content(record(b"\x04" + WORD)) == b"https://" + WORD
    assert ndef.content(record(b"\x00lightning:LNURL1")) == b"lightning:LNURL1"
    assert ndef.content(record(b"\x023.example")) == b"https://www.3.example"
    assert ndef.content(record(b"\x23x")) == b"urn:nfc:x"


def test_a_text_where_there_is_no_uri():
    text = record(b"\x02enCARD 7", 0x91, b"T")
    assert ndef.content(record(b"\x02enCARD 7", kind=b"T")) == b"CARD 7"
    assert ndef.content(text + record(b"\x04a", 0x51)) == b"https://a"
    assert ndef.content(text + record(b"\x00", 0x51)) == b"CARD 7"


def test_long_records_and_ids():
    long = b"\xc1\x01" + (1 + len(WORD)).to_bytes(4, "big") + b"U\x04" + WORD
    assert ndef.content(long) == b"https://" + WORD
    named = b"\xd9\x01" + bytes((1 + len(WORD), 2)) + b"Uid\x04" + WORD
    assert ndef.content(named) == b"https://" + WORD


def test_what_says_nothing_to_us():
    for message in (
        b"\xd0\0\0",  # an empty record
        record(b"\x04a", 0xD2, b"text/plain"),
        record(b"\x04a", 0xD1, b"Sp"),
        record(b""),
        record(b"\x24a"),  # a prefix that nobody defined
        record(b"\x04a b"),
        record(b"\x04a\n"),
        record("\4ä".encode()),
        record(b"\x82en" + b"\0A", kind=b"T"),  # UTF-16
        record(b"\x02en", kind=b"T"),
        record(b"\x3fen", kind=b"T"),
    ):
        assert ndef.content(message) is None, message


def test_how_long_it_may_be():
    most = b"\x00" + b"a" * 255
    long = b"\xc1\x01" + len(most).to_bytes(4, "big") + b"U"
    assert ndef.content(long + most) == most[1:]
    longer = b"\xc1\x01" + (1 + len(most)).to_bytes(4, "big") + b"U"
    assert ndef.content(longer + most + b"a") is None
    assert ndef.uri(b"\x04" + b"a" * 248) is None, "with its beginning"


def test_what_is_no_message():
    whole = record(b"\x04a")
    for wrong in (
        b"",
        b"\xd1",
        b"\xd1\x01\x01U",  # too short
        b"\xc1\x01\xff\xff\xff\xffU\x04a",
        whole + b"\0",  # more than a message
        record(b"\x04a", 0x51),  # no beginning
        record(b"\x04a", 0x91),  # no end
        record(b"\x04a", 0x91) + whole,  # two beginnings
        record(b"\x04a", 0xF1),  # a chunk
        record(b"\x04a", 0xD6),
        record(b"\x04a", 0xD7),
        b"\xd0\x01\0U",  # an empty record with a type
        b"\xd5\x01\0U",  # of an unknown kind, with one
        b"\xd1\0\1a",  # and one without that must have it
        b"\xd9\x01\x01",
    ):
        raises(ndef.BadNdef, ndef.content, wrong)


def test_no_record_is_shorter_than_it_says():
    raises(ndef.BadNdef, next, ndef.records(b"\xd1\x01\x03U\x04a"))
