"""The CA's certificate comes in pieces, and a new key leaves the old one beside it, whenever the
power fails."""

import binascii
import os

from tillqr.board import provision
from tillqr.board import settings as board_settings
from tillqr.board.settings import BadSettings
from tillqr.sale import mac

from tests.firmware.provisioned import KEY, Board, Cut, document
from tests.support import SETTINGS, copy, raises

CA = binascii.a2b_base64(
    "MIIBNTCB3KADAgECAgEBMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDnRpbGxxciB0ZXN0IENBMCAXDTIwMDEwMTAw"
    "MDAwMFoYDzIwOTkwMTAxMDAwMDAwWjAZMRcwFQYDVQQDDA50aWxscXIgdGVzdCBDQTBZMBMGByqGSM49AgEGCCqG"
    "SM49AwEHA0IABPC7zoz5zURtBwm5CjmtKfHETndngTSoIDcN0Me6rqlYehkezV5xjbMmKq8fQnl4JAWOKP0OevJV"
    "WvykDe4jv6KjEzARMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgUYqPuyUKOaFXgqqJ8LCLk6K5"
    "/wtsVNma3rHL6clG48ACIQC9+mVMqh7cP7e/CAOs9oSGw7FydA+DHLl99SkRgkLhHA=="
)
"""A CA's certificate, whose key is gone."""
OLD, NEW = b"k" * 32, b"\xaa" * 32


def hexed(data):
    return binascii.hexlify(data).decode()


def piece(at, data, size=313):
    return {"at": at, "size": size, "data": binascii.b2a_base64(data).decode().strip()}


def pieces(step=100):
    return [piece(at, CA[at : at + step]) for at in range(0, len(CA), step)]


def stored():
    """The certificate on the board; None if there is none."""
    try:
        return board_settings.ca()
    except BadSettings:
        return None


def test_a_certificate_in_pieces():
    for step in (100, len(CA) - 1, len(CA)):
        with Board() as board:
            for part in pieces(step):
                assert stored() is None
                provision.store_ca(part)
            assert stored() == CA and board.files() == ["ca.der"]


def test_a_piece_that_comes_again_is_the_same_piece():
    """Its answer was lost: with the power, or on the line."""
    with Board():
        for part in pieces():
            provision.store_ca(part)
            if stored() is None:
                provision.store_ca(part)
        assert stored() == CA
        for part in pieces():
            provision.store_ca(part)
        assert stored() == CA


def test_what_is_no_base64_is_passed_over_on_both_runtimes():
    with Board():
        part = piece(0, CA)
        part["data"] = part["data"][:40] + "\ufeff \u00e9" + part["data"][40:]
        provision.store_ca(part)
        assert stored() == CA


def test_pieces_from_the_start_replace_those_before():
    with Board():
        provision.store_ca(piece(0, b"another certificate", 1000))
        provision.store_ca(piece(19, b"its next piece", 1000))
        for part in pieces():
            provision.store_ca(part)
        assert stored() == CA


def test_what_is_no_piece_is_refused_in_words():
    wrong = (
        None,
        [],
        "at",
        {},
        {"at": 0, "size": 313},
        {"at": 0, "size": 313, "data": ""},
        {"at": 0, "size": 313, "data": 7},
        {"at": 0, "size": 313, "data": "A"},
        {"at": "0", "size": 313, "data": "AAAA"},
        {"at": True, "size": 313, "data": "AAAA"},
        {"at": -1, "size": 313, "data": "AAAA"},
        {"at": 0, "size": 2, "data": "AAAA"},
        {"at": 2046, "size": 2049, "data": "AAAA"},
    )
    for given in wrong:
        with Board() as board:
            error = str(raises(BadSettings, provision.store_ca, given))
            assert error == "ca must have at, size (2,048 at most) and data in base64", given
            assert board.files() == [] and board.flash.steps == 0


def test_a_gap_is_refused_and_the_right_piece_then_taken():
    with Board() as board:
        parts = pieces()
        assert "without a gap" in str(raises(BadSettings, provision.store_ca, parts[1]))
        assert board.files() == []
        provision.store_ca(parts[0])
        assert "without a gap" in str(raises(BadSettings, provision.store_ca, parts[2]))
        for part in parts[1:]:
            provision.store_ca(part)
        assert stored() == CA


def test_what_is_no_certificate_leaves_the_one_that_is_there():
    with Board() as board:
        for part in pieces():
            provision.store_ca(part)
        for junk in (b"\x30\x82\x01\x00" + bytes(60), CA[:200], b"junk" * 40):
            given = piece(0, junk, len(junk))
            error = str(raises(BadSettings, provision.store_ca, given))
            assert error == "ca must be one certificate in DER"
            assert stored() == CA and board.files() == ["ca.der"]


def test_a_power_cut_between_the_pieces_leaves_the_old_or_the_new_certificate():
    for step in range(1, 8):
        with Board() as board:
            with open("ca.der", "wb") as file:
                file.write(b"the old one")
            board.flash.fails_at = step
            try:
                for part in pieces():
                    provision.store_ca(part)
            except Cut:
                pass
            assert stored() in (b"the old one", CA), step
            board.flash.fails_at = -1
            for part in pieces():
                provision.store_ca(part)
            assert stored() == CA and board.files() == ["ca.der"]


def test_a_flash_that_is_full_leaves_what_was_there():
    with Board():
        with open("ca.der", "wb") as file:
            file.write(b"the old one")

        def full(path, mode="r"):
            if "w" in mode:
                raise OSError(28)
            return open(path, mode)

        provision.open = full
        raises(OSError, provision.store_ca, pieces()[0])
        assert stored() == b"the old one"


# Keys.


def started(late=False, number=1):
    """A board that works, with a key of that number."""
    settings = copy(SETTINGS)
    settings["key_number"] = number
    board = Board(settings, late)
    board.flash.staged = {"device_key": OLD, "wifi_password": b"old-password"}
    board.flash.blobs = dict(board.flash.staged)
    return board


def macs(**keys):
    """What keys by number make of some bytes; a key's own bytes can't be asked for."""
    return {int(name[1:]): mac.Key(key).mac(b"data") for name, key in keys.items()}


def in_force(board):
    """The same of the keys with which the board would start; none if it is not set up."""
    try:
        number = board_settings.load("settings.json").key_number
        keys = board_settings.device_keys(board.flash, number)
    except BadSettings:
        return {}
    return {key.number: key.mac(b"data") for key in keys}


BOTH = macs(_2=NEW, _1=OLD)


def change(number, key=NEW):
    return {"settings": {"key_number": number}, "secrets": {"device_key": hexed(key)}}


def test_a_new_key_leaves_the_old_one_beside_it():
    with started() as board:
        board.store(change(2))
        assert in_force(board) == BOTH
        board.store(change(2))  # the tool did not hear that it was stored
        assert in_force(board) == BOTH
        board.store(change(3, bytes.fromhex(KEY)))
        assert in_force(board) == macs(_3=bytes.fromhex(KEY), _2=NEW)
    with started(number=255) as board:
        board.store(change(0))
        assert in_force(board) == macs(_0=NEW, _255=OLD)


def test_a_key_with_the_same_number_replaces_the_old_one():
    with started() as board:
        board.store(change(1))
        assert in_force(board) == macs(_1=NEW)


def test_the_first_key_of_a_board_has_none_beside_it():
    with Board() as board:
        board.store(document())
        assert in_force(board) == macs(_1=bytes.fromhex(KEY))


def test_the_longest_keys():
    with Board() as board:
        board.store(document(device_key="aa" * 64))
        board.store(change(2, b"\xbb" * 64))
        assert in_force(board) == macs(_2=b"\xbb" * 64, _1=b"\xaa" * 64)


def test_a_power_cut_in_a_change_of_keys_loses_neither():
    """Whatever it is then, the whole document, given again, leaves both keys in force."""
    for late in (False, True):
        for step in range(1, 9):
            with started(late) as board:
                board.flash.fails_at = step
                try:
                    board.store(change(2))
                except Cut:
                    board.flash.staged = dict(board.flash.blobs)
                now = in_force(board)
                assert now in ({}, macs(_1=OLD), BOTH), (late, step)
                board.flash.fails_at = -1
                board.store(document({"key_number": 2}, device_key=hexed(NEW)))
                assert in_force(board) == BOTH, (late, step)


def test_nothing_of_a_key_is_in_a_file():
    with started() as board:
        board.store(change(2))
        for name in board.files():
            with open(name, "rb") as file:
                data = file.read()
            assert OLD not in data and hexed(NEW).encode() not in data
        assert "settings.new" not in os.listdir()
