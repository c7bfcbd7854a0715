"""Data objects are taken as EMV 4.3 Book 3, Annex B has them, and nothing is taken that isn't."""

from tillqr.nfc import tlv

from tests.support import raises


def listed(octets):
    return list(tlv.objects(bytes.fromhex(octets)))


def test_objects_are_taken():
    assert listed("") == []
    assert listed("5a0101") == [(0x5A, b"\1")]
    assert listed("9f3800") == [(0x9F38, b"")]
    assert listed("9f38020102870103") == [(0x9F38, b"\1\2"), (0x87, b"\3")]
    assert listed("dfee0a0155") == [(0xDFEE0A, b"\x55")], "three bytes"


def test_zeros_between_objects_mean_nothing():
    assert listed("00005a0101000087010200") == [(0x5A, b"\1"), (0x87, b"\2")]


def test_long_lengths_are_taken():
    assert listed("7081805a" + "00" * 127) == [(0x70, b"\x5a" + bytes(127))]
    assert listed("70820100" + "01" * 256) == [(0x70, b"\1" * 256)]


def test_what_is_no_object_is_refused():
    for octets in (
        "5a",  # no length
        "5a0201",  # too short
        "9f",  # half a tag
        "9f38",
        "dfeeee0a00",  # a tag of four bytes
        "5a80",  # no definite length
        "5a8101",
        "5a82ffff01",
        "5a8300000101",  # a length of three bytes
        "5a84ffffffff01",
        "5a0101ff",
    ):
        raises(tlv.BadTlv, listed, octets)


def test_the_first_on_a_path_is_found():
    fci = bytes.fromhex("6f0c8402aabba50650014187010284")[:14]
    assert tlv.find(fci, 0x6F, 0xA5, 0x87) == b"\2"
    assert tlv.find(fci, 0x6F, 0x84) == b"\xaa\xbb"
    assert tlv.find(fci, 0x6F, 0xA5, 0x9F38) is None
    assert tlv.find(fci, 0x84) is None, "what is inside another is not looked for"
    assert tlv.find(bytes.fromhex("870101870102"), 0x87) == b"\1"


def test_a_path_into_what_is_no_template():
    raises(tlv.BadTlv, tlv.find, bytes.fromhex("6f03840591"), 0x6F, 0x84)
    assert tlv.find(b"", 0x6F) is None
