"""HMAC-SHA256 against RFC 4231."""

from tillqr.sale.mac import Key

from tests.support import raises


def test_rfc_4231_with_keys_of_allowed_length():
    cases = (
        (
            b"\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"\xaa" * 20,
            b"\xdd" * 50,
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            bytes(range(1, 26)),
            b"\xcd" * 50,
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
    )
    for secret, data, expected in cases:
        key = Key(secret)
        assert key.mac(data).hex() == expected
        assert key.verifies(data, bytes.fromhex(expected))


def test_any_other_mac_fails():
    key = Key(b"k" * 32)
    mac = key.mac(b"data")
    assert not key.verifies(b"data", mac[:31])
    assert not key.verifies(b"data", mac + b"\x00")
    assert not key.verifies(b"data", b"")
    for index in range(32):
        for bit in range(8):
            wrong = bytearray(mac)
            wrong[index] ^= 1 << bit
            assert not key.verifies(b"data", bytes(wrong))


def test_no_key_and_overlong_keys_are_refused():
    for length in (0, 65):
        raises(ValueError, Key, bytes(length))
