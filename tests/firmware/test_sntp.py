"""What a time server says is taken only as RFC 5905 has it, and never for a time that is past."""

from tillqr.net.sntp import checked

QUESTION = b"8 random"
RELEASED = 1795478400
NTP = 2208988800


def answer(unix=RELEASED + 1000, first=0x24, stratum=2, question=QUESTION):
    seconds = (unix + NTP) % (1 << 32)
    return (
        bytes((first, stratum))
        + bytes(22)
        + question
        + bytes(8)
        + seconds.to_bytes(4, "big")
        + bytes(4)
    )


def test_a_time_is_taken():
    for unix in (
        RELEASED,
        RELEASED + 1,
        2085978495,
        2085978496,
        2085978496 + 86400,
    ):  # 2036: an era
        assert checked(answer(unix), QUESTION) == unix
    assert checked(answer(first=0x1C), QUESTION) == RELEASED + 1000, "version 3"


def test_what_is_no_answer_is_dropped():
    good = answer()
    for wrong in (
        b"",
        good[:47],
        answer(question=b"8 others"),
        answer(first=0x23),  # a client's question
        answer(first=0x25),  # a broadcast
        answer(first=0xE4),  # the server does not know the time
        answer(stratum=0),  # a kiss of death
        answer(stratum=16),
    ):
        assert checked(wrong, QUESTION) == 0


def test_no_clock_goes_back_behind_this_firmware():
    for unix in (RELEASED - 1, 1700000000, 1000000000):
        assert checked(answer(unix), QUESTION) == 0
