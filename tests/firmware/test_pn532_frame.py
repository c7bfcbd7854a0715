"""PN532 frames: the manual's examples, every length, and that nothing damaged is taken for one."""

from tillqr.nfc import pn532_frame as frame

from tests.support import raises

FIRMWARE = bytes.fromhex("0000ff02fed4022a00")  # GetFirmwareVersion, UM0701-02, 7.2.2
VERSION = bytes.fromhex("0000ff06fad50332010607e800")
SYNTAX_ERROR = bytes.fromhex("0000ff01ff7f8100")


def written(head, data, tfi=frame.TO_READER):
    """A frame's bytes."""
    return bytes(frame.build(tfi, head, data))


def parsed(data, tfi=frame.FROM_READER):
    """The kind of what a frame is, and its data."""
    kind, begin, end = frame.parse(data, len(data), tfi)
    return kind, bytes(data[begin:end])


def test_the_manual_s_frames():
    assert written(b"\x02", b"") == FIRMWARE
    assert parsed(VERSION) == (frame.IS_RESPONSE, bytes.fromhex("0332010607"))
    assert parsed(frame.ACK) == (frame.IS_ACK, b"")
    assert parsed(frame.NACK) == (frame.IS_NACK, b"")
    assert parsed(SYNTAX_ERROR) == (frame.IS_ERROR, b"")


def test_every_length_comes_back():
    for size in range(frame.MOST_DATA + 1):
        data = bytes(at * 7 & 0xFF for at in range(size))
        whole = written(data[:2], data[2:], frame.FROM_READER)
        assert parsed(whole) == (frame.IS_RESPONSE, data)
        assert len(whole) == size + (8 if size < 255 else 11)
        assert whole[3:5] == b"\xff\xff" or size < 255
    assert raises(ValueError, written, b"\x40", bytes(frame.MOST_DATA))


def test_how_much_is_to_come():
    for whole in (VERSION, SYNTAX_ERROR, frame.ACK, frame.NACK, written(b"", bytes(260))):
        said = [frame.need(whole, have) for have in range(len(whole) + 1)]
        known = [size for size in said if size]
        assert set(known) == {len(whole)}
        assert said[5:7] != [0, 0] or whole[3:5] == b"\xff\xff"
        assert all(said[8:])


def test_what_stands_before_is_skipped():
    """After a wake-up there are zeros; after trouble on the line there is anything."""
    for before in (b"\0", b"\0\0\0", b"\x55\x55\0", b"\xff\xff", b"\x12\0\x34"):
        assert parsed(before + VERSION)[0] == frame.IS_RESPONSE
        assert frame.need(before + VERSION, len(before) + 6) == len(before + VERSION)


def test_a_changed_bit_is_seen():
    """In length, checksums or data; the frame is bad, or not whole."""
    for whole in (VERSION, written(b"\x41\x00", bytes(range(255)), frame.FROM_READER)):
        for place in range(1, len(whole) - 1):
            for bit in range(8):
                spoiled = bytearray(whole)
                spoiled[place] ^= 1 << bit
                kind, data = parsed(spoiled)
                assert kind != frame.IS_RESPONSE or (place < 2 and data == parsed(whole)[1])


def test_what_is_cut_is_bad():
    for whole in (VERSION, SYNTAX_ERROR, written(b"\x41", bytes(258), frame.FROM_READER)):
        for have in range(len(whole) - 1):  # the last byte, 00, is not needed
            assert frame.parse(whole, have, frame.FROM_READER)[0] == frame.BAD


def test_a_length_is_bounded():
    """An extended frame may say 65,535; no more is waited for than a PN532 can send."""
    for size in (266, 4096, 0xFFFF):
        head = bytes((0, 0, 0xFF, 0xFF, 0xFF, size >> 8, size & 0xFF))
        head += bytes((-(head[5] + head[6]) & 0xFF,))
        assert frame.need(head, len(head)) == len(head)
        assert parsed(head + bytes(300))[0] == frame.BAD


def test_its_own_commands_are_no_answers():
    """A line that echoes gives back what was sent."""
    assert parsed(FIRMWARE)[0] == frame.BAD
    assert parsed(FIRMWARE, frame.TO_READER) == (frame.IS_RESPONSE, b"\x02")
