"""A card's answers, as bytes, and what is read of them: each wrong one has a named end."""

import asyncio

from tillqr.nfc import tap_read
from tillqr.nfc.pn532 import CardError
from tillqr.nfc.unsupported import Unsupported

OK = b"\x90\x00"
NOT_FOUND = b"\x6a\x82"
SAID = b"https://shop.example/c?t=1"
MESSAGE = b"\xd1\x01\x13U\x04shop.example/c?t=1"
SELECT_PPSE = b"\x00\xa4\x04\x00\x0e2PAY.SYS.DDF01\x00"
SELECT_NDEF = b"\x00\xa4\x04\x00\x07\xd2\x76\x00\x00\x85\x01\x01\x00"
CONTAINER = bytes.fromhex("000f20003b00340406e104003200ff")


class Target:
    def __init__(self, technology="A", sak=0x20, iso_dep=True):
        self.technology = technology
        self.sak = sak
        self.iso_dep = iso_dep


class Script:
    """A reader whose card answers by a table; what is not in it gets `otherwise`."""

    def __init__(self, answers, otherwise=NOT_FOUND):
        self.answers = answers
        self._otherwise = otherwise
        self.asked = []

    async def exchange(self, data, milliseconds):
        assert 0 < milliseconds <= 1000
        self.asked.append(bytes(data))
        assert len(self.asked) < 200, "it goes on and on"
        answer = self.answers.get(bytes(data), self._otherwise)
        if isinstance(answer, Exception):
            raise answer
        return answer


def read(script, target):
    """What is read, or the name of what went wrong."""
    try:
        return asyncio.run(tap_read.read(script, target))
    except (CardError, Unsupported) as error:
        return error.args[0]


def tag(memory, size=0x12):
    """READs of a Type 2 tag with that data area."""
    pages = bytes(12) + bytes((0xE1, 0x10, size, 0)) + memory
    pages += bytes(1040 - len(pages))
    answers = {}
    for page in range(256):
        answers[bytes((0x30, page))] = pages[4 * page : 4 * page + 16]
    return Script(answers, CardError("card_nak"))


def type_2(memory, size=0x12):
    return read(tag(memory, size), Target("A", 0, False))


def test_a_type_2_tag():
    message = b"\x03" + bytes((len(MESSAGE),)) + MESSAGE + b"\xfe"
    lock = b"\x01\x03\xa0\x0c\x34"
    assert type_2(message) == ("ndef", SAID)
    assert type_2(lock + message) == ("ndef", SAID)
    assert type_2(b"\0\0" + lock + b"\0" + message) == ("ndef", SAID)
    assert type_2(b"\xfd\xff\x01\x00" + bytes(256) + message, 0x3E) == ("ndef", SAID)
    long = b"\x03\xff\x00" + bytes((len(MESSAGE),)) + MESSAGE
    assert type_2(long) == ("ndef", SAID)


def test_a_type_2_tag_that_says_nothing():
    for memory in (b"\x03\x00\xfe", b"\xfe", bytes(40), b"\x03\xff\x02\x01" + bytes(520)):
        assert type_2(memory, 0x6D) == "card_unsupported", memory
    assert type_2(b"", 0) == "card_unsupported"
    for wrong in (b"\xe0\x10\x12\0", b"\xe1\x20\x12\0", b"\xe1\x10\x12\xf0"):
        script = Script({b"\x30\x03": wrong + bytes(12)})
        assert read(script, Target("A", 0, False)) == "card_unsupported"


def test_a_type_2_tag_that_lies():
    assert type_2(b"\x03\xf0" + MESSAGE) == "card_unsupported", "longer than the tag"
    assert type_2(b"\x01\xff\xff\xff" + MESSAGE) == "card_unsupported"
    assert type_2(b"\x03\x13" + MESSAGE) == "card_unsupported", "no message"
    assert type_2(b"\xfd\xff\x07\x00" + MESSAGE, 0xFF) == "card_unsupported", "more than 256 pages"
    for answer in (b"", bytes(15), bytes(17), b"\xe1" * 300):
        assert read(Script({}, answer), Target("A", 0, False)) == "card_unsupported"


NAMES = ("card_gone", "card_error", "card_nak")


def test_a_card_that_leaves():
    for target in (Target("A", 0, False), Target(), Target("B", 0, True)):
        for name in NAMES:
            assert read(Script({}, CardError(name)), target) == name


def test_a_card_that_leaves_on_the_way_is_not_taken_for_another_kind():
    for name in NAMES:  # as the chip's status says it; a tag's refusal looks no other to it
        for page in (3, 7):
            script = tag(b"\x03" + bytes((len(MESSAGE),)) + MESSAGE)
            script.answers[bytes((0x30, page))] = CardError(name)
            assert read(script, Target("A", 0, False)) == name
        for command, script in type_4_spoiled(CardError(name)):
            assert read(script, Target()) == name, command


def type_4(container=CONTAINER, head=None):
    """An NDEF application whose file has the message."""
    content = bytes((0, len(MESSAGE))) + MESSAGE
    return {
        SELECT_NDEF: OK,
        b"\x00\xa4\x00\x0c\x02\xe1\x03": OK,
        b"\x00\xa4\x00\x0c\x02\xe1\x04": OK,
        b"\x00\xb0\x00\x00\x0f": container + OK,
        b"\x00\xb0\x00\x00\x02": (head or content[:2]) + OK,
        b"\x00\xb0\x00\x02\x17": MESSAGE + OK,
        b"\x00\xb0\x00\x02\x0f": MESSAGE[:15] + OK,
        b"\x00\xb0\x00\x11\x08": MESSAGE[15:] + OK,
    }


SMALL = CONTAINER[:3] + b"\x00\x0f" + CONTAINER[5:]
"""It gives 15 bytes at once."""


def type_4_spoiled(answer):
    """Each command that such a tag is read with, and the tag that answers it so."""
    whole = Script(type_4(SMALL))
    read(whole, Target())
    for command in whole.asked:
        answers = type_4(SMALL)
        answers[command] = answer
        yield command, Script(answers)


def test_a_type_4_tag():
    script = Script(type_4())
    assert read(script, Target()) == ("ndef", SAID)
    assert script.asked[:2] == [SELECT_PPSE, SELECT_NDEF], "a bank card would have been found"
    assert read(Script(type_4(SMALL)), Target()) == ("ndef", SAID), "in pieces"
    assert read(Script(type_4()), Target("B")) == ("ndef", SAID)


def test_a_type_4_tag_that_says_nothing():
    assert read(Script(type_4(head=b"\0\0")), Target()) == "card_unsupported"
    for at, value in ((2, 0x10), (7, 5), (8, 8), (13, 0x80)):
        container = CONTAINER[:at] + bytes((value,)) + CONTAINER[at + 1 :]
        assert read(Script(type_4(container)), Target()) == "card_unsupported", at
    for missing in (b"\x00\xa4\x00\x0c\x02\xe1\x03", b"\x00\xa4\x00\x0c\x02\xe1\x04"):
        answers = type_4()
        answers[missing] = NOT_FOUND
        assert read(Script(answers), Target()) == "card_unsupported"


class Files(Script):
    """A Type 4 tag with all the bytes that are asked for, of whatever it has selected."""

    def __init__(self, container, content):
        super().__init__(type_4(container))
        self._content = content

    async def exchange(self, data, milliseconds):
        answer = await super().exchange(data, milliseconds)
        if data[1] == 0xB0 and self.asked[-2][-1] != 3:
            at = data[2] << 8 | data[3]
            answer = self._content[at : at + data[4]] + OK
        return answer


def test_how_long_a_type_4_message_may_be():
    def said(size, mle=b"\x00\xff", room=b"\x02\x10"):
        message = b"\xc1\x01" + (size - 7).to_bytes(4, "big") + b"X" + bytes(size - 7)
        container = CONTAINER[:3] + mle + CONTAINER[5:11] + room + CONTAINER[13:]
        files = Files(container, size.to_bytes(2, "big") + message)
        return read(files, Target()), len(files.asked)

    most = said(512)
    assert most == ("card_unsupported", 9), "in three pieces; it says nothing, but is read"
    assert said(513) == ("card_unsupported", 6), "it is not read"
    assert said(512, room=b"\x02\x02")[0] == "card_unsupported"
    assert said(512, room=b"\x02\x01") == ("card_unsupported", 6), "longer than its file"
    assert said(40, mle=b"\x00\x0f") == ("card_unsupported", 9)
    assert said(40, mle=b"\x00\x0e") == ("card_unsupported", 4), (
        "pieces that no tag may have so small"
    )


def test_a_type_4_tag_that_lies():
    for command in type_4():
        for answer in (b"", b"\x90", OK, bytes(300) + OK, MESSAGE[:-1] + OK, b"\x62\x82"):
            answers = type_4()
            answers[command] = answer
            said = read(Script(answers), Target())
            assert said in (("ndef", SAID), "card_unsupported"), (command, answer)


def test_a_type_4_tag_that_refuses_to_be_read():
    for answer in (b"\x69\x82", b"\x6a\x82", b"\x6f\x00"):
        for command, script in type_4_spoiled(answer):
            said = ("ndef", SAID) if command == SELECT_PPSE else "card_unsupported"
            assert read(script, Target()) == said, (command, answer)


def test_an_answer_that_is_no_response():
    for answer in (b"", b"\x90", bytes(300) + OK):
        for command, script in type_4_spoiled(answer):
            assert read(script, Target()) == "card_unsupported"
            assert script.asked[-1] == command, "it is not asked on"
        script = Script({SELECT_PPSE: ppse(entry(ONE, 1)) + OK, choose(ONE): answer})
        assert read(script, Target()) == "card_unsupported"


def entry(aid, priority=None):
    inner = b"\x4f" + bytes((len(aid),)) + aid
    if priority is not None:
        inner += b"\x87\x01" + bytes((priority,))
    return b"\x61" + bytes((len(inner),)) + inner


def ppse(*entries):
    inner = b"".join(entries)
    inner = b"\xbf\x0c" + bytes((len(inner),)) + inner
    inner = b"\x84\x0e2PAY.SYS.DDF01\xa5" + bytes((len(inner),)) + inner
    return b"\x6f" + bytes((len(inner),)) + inner


ONE, TWO, THREE = b"\xa0\0\0\0\x04\x10\x10", b"\xa0\0\0\0\x03\x10\x10", b"\xa0\0\0\0\x65"
FCI = bytes.fromhex("6f098407a0000000031010")


def choose(aid):
    return b"\x00\xa4\x04\x00" + bytes((len(aid),)) + aid + b"\x00"


def test_the_application_that_the_card_prefers():
    card = ppse(entry(ONE), entry(TWO, 2), entry(THREE, 0x81))
    script = Script({SELECT_PPSE: card + OK, choose(THREE): b"\x6f\x00" + OK})
    assert read(script, Target()) == ("emv", b"\x6f\x00")
    script = Script({SELECT_PPSE: card + OK, choose(TWO): FCI + OK})
    assert read(script, Target()) == ("emv", FCI)
    assert script.asked == [SELECT_PPSE, choose(THREE), choose(TWO)]
    script = Script({SELECT_PPSE: card + OK, choose(ONE): FCI + OK})
    assert read(script, Target("B")) == ("emv", FCI)


def test_a_card_that_pays_nowhere_here():
    for card in (ppse(), ppse(entry(b"\xa0\0\0\0")), b"\x6f\x00", b"", ppse(entry(ONE, 1))):
        assert read(Script({SELECT_PPSE: card + OK}), Target()) == "card_unsupported", card


def test_a_card_with_many_applications():
    many = ppse(*[entry(bytes((0xA0, 0, 0, 0, number)), 1) for number in range(7)])
    script = Script({SELECT_PPSE: many + OK})
    assert read(script, Target()) == "card_unsupported"
    assert len(script.asked) == 6, "four are tried"


def test_a_phone_that_is_locked():
    for status in (b"\x69\x85", b"\x69\x86"):
        assert read(Script({}, status), Target()) == "phone_locked"
        script = Script({SELECT_PPSE: ppse(entry(ONE, 1)) + OK}, status)
        assert read(script, Target()) == "phone_locked"


def test_a_bank_card_that_lies():
    whole = ppse(entry(ONE, 1))
    for card in (whole[:-1], b"\x6f\x82\xff\xff" + whole, b"\x6f\x7f", b"\x6f\x03\xa5\x05\xbf"):
        assert read(Script({SELECT_PPSE: card + OK}), Target()) == "card_unsupported", card
    assert read(Script({SELECT_PPSE: bytes(257) + OK}), Target()) == "card_unsupported"


def test_what_is_not_supported():
    for target in (Target("A", 0x08, False), Target("A", 0x18, False), Target("F", 0, False)):
        script = Script({})
        assert read(script, target) == "card_unsupported"
        assert script.asked == [], "at once"
    assert read(Script({}, b"\x6d\x00"), Target("B")) == "card_unsupported"
