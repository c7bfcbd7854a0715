"""The reader's driver over a transport that is a script: what it sends, takes and refuses."""

import asyncio
import time

from tillqr.nfc import pn532_frame as frame
from tillqr.nfc.pn532 import CardError, Pn532, ReaderError

from tests.support import Counts

TARGET = b"\x4b\x01\x01\x00\x04\x00\x07\x04\x11\x22\x33\x44\x55\x66"  # type A, without ISO-DEP
WITH_ISO_DEP = b"\x4b\x01\x01\x00\x04\x20\x04\x11\x22\x33\x44\x05\x75\x77\x81\x02"
SET_UP = [b"\x14", b"\x02", b"\x32", b"\x32", b"\x32"]
USUAL = {0x02: b"\x03\x32\x01\x06\x07", 0x4A: TARGET, 0x40: b"\x41\x00\x90\x00"}


def response(data):
    """A frame of the reader's."""
    return bytes(frame.build(frame.FROM_READER, data[:1], data[1:]))


def spoiled(data):
    """A frame with a wrong checksum."""
    whole = bytearray(response(data))
    whole[-2] ^= 1
    return bytes(whole)


class Script:
    """A transport: answers each command with what `answers` has for its code, or as usual."""

    most = 262

    def __init__(self, **answers):
        self.answers = {int(code[1:], 16): list(frames) for code, frames in answers.items()}
        self.sent = []
        self.signals = []
        self._come = []

    async def wake(self):
        self.sent.append(b"wake")

    def write(self, data):
        kind, begin, end = frame.parse(data, len(data), frame.TO_READER)
        if kind != frame.IS_RESPONSE:
            self.signals.append(kind)
            return
        command = bytes(data[begin:end])
        self.sent.append(command)
        waiting = self.answers.get(command[0])
        if waiting:
            self._come = list(waiting.pop(0))
        else:
            usual = USUAL.get(command[0], bytes((command[0] + 1, 0)))
            self._come = [frame.ACK, response(usual)]

    def forget(self):
        pass

    def take(self, room):
        if not self._come:
            return 0
        data = self._come.pop(0)
        room[: len(data)] = data
        return len(data)


def play(script, scene):
    """Run a scene with a reader that is started; what it returns, and what was counted."""
    counts = Counts()

    async def main():
        reader = Pn532(script, counts)
        answers, script.answers = script.answers, {}
        await reader.start()
        script.answers = answers
        script.sent.clear()
        script.signals.clear()
        return await scene(reader)

    return asyncio.run(main()), counts.names


async def tried(call):
    """What a call returns, or the kind and the name of its error."""
    try:
        return await call
    except (CardError, ReaderError) as error:
        return type(error).__name__ + " " + error.args[0]


def exchanged(script, command=b"\x30\x04", milliseconds=100):
    """What comes of one exchange with a card that was found, and what was counted."""

    async def scene(reader):
        await reader.find()
        script.sent.clear()
        return await tried(reader.contact().exchange(command, milliseconds))

    return play(script, scene)


def test_start_wakes_it_and_begins_with_its_sam():
    script = Script()

    async def scene(reader):
        await reader.start()
        return [sent[:1] for sent in script.sent[1:]]

    assert play(script, scene) == (SET_UP, [])
    assert script.sent[0] == b"wake"
    assert script.signals == [frame.IS_ACK]  # which ends what it may be doing


def test_another_chip_is_no_reader():
    script = Script(x02=[[frame.ACK, response(b"\x03\x33\x01\x06\x07")]] * 3)
    error, _ = play(script, lambda reader: tried(reader.start()))
    assert error == "ReaderError reader_absent"


def test_what_is_found():
    async def scene(reader):
        found = await reader.find()
        return [(one.technology, one.identifier, one.sak, one.iso_dep) for one in found]

    uid = b"\x04\x11\x22\x33\x44\x55\x66"
    assert play(Script(), scene) == ([("A", uid, 0, False)], [])
    two = b"\x4b\x02" + TARGET[2:] + b"\x02" + WITH_ISO_DEP[3:]
    found = [("A", uid, 0, False), ("A", b"\x11\x22\x33\x44", 0x20, True)]
    assert play(Script(x4a=[[frame.ACK, response(two)]]), scene) == (found, [])
    for end in range(1, len(two)):  # cut: nothing, and never an error of another kind
        none = [frame.ACK, response(b"\x4b\x00")]
        cut = Script(x4a=[[frame.ACK, response(two[:end])], none, none])
        assert play(cut, scene)[0] == []


def test_what_no_target_can_be_is_none():
    none = [frame.ACK, response(b"\x4b\x00")]
    b = b"\x4b\x01\x01\x51" + bytes(11) + b"\x00"  # no ATQB
    f = b"\x4b\x01\x01\x12\x02" + bytes(16)  # no answer to POLLING
    for wrong in (
        [[frame.ACK, response(TARGET[:6] + b"\x05" + bytes(5))], none, none],
        [none, [frame.ACK, response(b)], none],
        [none, none, [frame.ACK, response(f)]],
    ):
        assert play(Script(x4a=wrong), lambda reader: reader.find())[0] == []


def test_kinds_are_searched_in_order_and_with_the_field_off_before():
    none = [frame.ACK, response(b"\x4b\x00")]
    script = Script(x4a=[none, none, none])
    assert play(script, lambda reader: reader.find()) == ([], [])
    assert [sent[:3] for sent in script.sent] == [
        b"\x32\x01\x00",
        b"\x4a\x02\x00",
        b"\x4a\x01\x03",
        b"\x4a\x01\x01",
    ]


def test_an_old_response_is_never_taken_for_the_new_one():
    old, new = response(b"\x41\x00old"), response(b"\x41\x00new")
    assert exchanged(Script(x40=[[old, frame.ACK, new]])) == (b"new", ["reader_stale"])
    other = response(b"\x4b\x00")
    assert exchanged(Script(x40=[[frame.ACK, other, new]])) == (b"new", ["reader_stale"])
    script = Script(x40=[[old]])
    error, names = exchanged(script)
    assert error == "ReaderError reader_silent"
    assert names == ["reader_stale", "reader_no_answer", "reader_healed"]


def test_a_card_s_command_is_sent_once_and_others_twice():
    script = Script(x40=[[]])
    assert exchanged(script)[0] == "ReaderError reader_silent"
    assert [sent[:1] for sent in script.sent] == [b"\x40", b"w"] + SET_UP
    script = Script(x52=[[]])
    assert play(script, lambda reader: reader.release()) == (None, ["reader_no_answer"])
    assert script.sent == [b"\x52\x00"] * 2


def test_a_wrong_response_is_asked_for_again_twice():
    wrong, right = spoiled(b"\x41\x00\x01"), response(b"\x41\x00\x02")
    script = Script(x40=[[frame.ACK, wrong, wrong, right]])
    assert exchanged(script) == (b"\x02", ["reader_bad_frame"] * 2)
    assert script.signals == [frame.IS_NACK] * 2
    script = Script(x40=[[frame.ACK, wrong, wrong, wrong, right]])
    assert exchanged(script)[0] == "ReaderError reader_garbled"


class Endless(Script):
    """A transport that, once it is stuck, has the same frame for ever."""

    def __init__(self, stuck):
        super().__init__()
        self.stuck = stuck
        self.is_stuck = False

    def take(self, room):
        if not self.is_stuck:
            return super().take(room)
        room[: len(self.stuck)] = self.stuck
        return len(self.stuck)


def test_each_command_ends_in_its_time_whatever_comes():
    stale = response(b"\x4b\x00")
    for stuck, least in ((bytes(9), 0), (frame.ACK, 100), (stale, 0), (frame.NACK, 0)):
        script = Endless(stuck)

        async def scene(reader, call, script=script):
            script.is_stuck = False
            await reader.start()
            await reader.find()
            script.is_stuck = True
            began = time.ticks_ms()
            error = await asyncio.wait_for(tried(call(reader)), 5)
            return error, time.ticks_diff(time.ticks_ms(), began)

        async def both(reader, scene=scene):
            exchange = await scene(reader, lambda one: one.contact().exchange(b"\x30\x04", 100))
            return exchange, await scene(reader, lambda one: one.find())

        ends, _ = play(script, both)
        for error, took in ends:
            assert error == "ReaderError reader_absent", stuck
            # its own time, the look whose fault it is, and three tries to set it up
            assert least <= took < 100 + 150 + 3 * 150 + 200, (stuck, took)


def test_an_answer_that_waits_behind_a_busy_loop_counts():
    class Late(Script):
        def take(self, room):
            if self._come and self.busy:
                time.sleep(0.15)  # all of the command's time, and the ACK's
            return super().take(room)

    script = Late()
    script.busy = False

    async def scene(reader):
        await reader.find()
        script.busy = True
        return await tried(reader.contact().exchange(b"\x30\x04", 100))

    assert play(script, scene) == (b"\x90\x00", [])


def test_whose_fault_silence_is():
    script = Script(x40=[[frame.ACK]])
    assert exchanged(script) == ("CardError card_gone", ["reader_no_answer"])
    assert [sent[:1] for sent in script.sent] == [b"\x40", b"\x02"]
    assert script.signals == [frame.IS_ACK]  # which ends the command
    script = Script(x40=[[frame.ACK]], x02=[[], []])
    error, names = exchanged(script)
    assert error == "ReaderError reader_silent"
    assert names[-1] == "reader_healed"


def test_the_card_s_errors_have_names():
    for status, plain, iso_dep in (
        (0x01, "CardError card_gone", "CardError card_gone"),
        (0x02, "CardError card_nak", "CardError card_error"),
        (0x14, "CardError card_nak", "CardError card_error"),
        (0x0B, "CardError card_error", "CardError card_error"),
        (0x2B, "CardError card_gone", "CardError card_gone"),
        (0x27, "ReaderError reader_reset", "ReaderError reader_reset"),
    ):
        failed = [frame.ACK, response(bytes((0x41, status)))]
        assert exchanged(Script(x40=[failed]))[0] == plain
        found = [frame.ACK, response(WITH_ISO_DEP)]
        assert exchanged(Script(x4a=[found], x40=[failed]))[0] == iso_dep
    empty = [frame.ACK, response(b"\x41")]
    assert exchanged(Script(x40=[empty]))[0] == "CardError card_error"
    error = [frame.ACK, bytes.fromhex("0000ff01ff7f8100")]
    assert exchanged(Script(x40=[error]))[0] == "ReaderError reader_refused"


def test_after_an_error_the_card_has_to_be_found_again():
    async def scene(reader):
        await reader.find()
        script.answers = {0x40: [[frame.ACK, response(b"\x41\x01")]]}
        first = await tried(reader.contact().exchange(b"\x30\x04", 100))
        return [first, await tried(reader.contact().exchange(b"\x30\x04", 100))]

    script = Script()
    assert play(script, scene) == (["CardError card_gone"] * 2, [])
    assert len([sent for sent in script.sent if sent[0] == 0x40]) == 1


def test_long_commands_and_answers():
    command = bytes(at & 0xFF for at in range(600))
    more = [frame.ACK, response(b"\x41\x40" + bytes(250))]
    last = [frame.ACK, response(b"\x41\x00" + b"\x90\x00")]
    sent = [frame.ACK, response(b"\x41\x00")]
    script = Script(x40=[sent, sent, more, more, last])
    assert exchanged(script, command) == (bytes(500) + b"\x90\x00", [])
    assert [one[:2] for one in script.sent] == [b"\x40\x41"] * 2 + [b"\x40\x01"] * 3
    assert b"".join(one[2:] for one in script.sent) == command
    assert exchanged(Script(x40=[more, more, more]))[0] == "CardError card_error"  # over 512


def test_a_command_that_was_cancelled_is_ended():
    async def scene(reader):
        await reader.find()
        script.answers = {0x40: [[frame.ACK]]}
        task = asyncio.create_task(reader.contact().exchange(b"\x30\x04", 5000))
        await asyncio.sleep(0.02)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        script.signals.clear()
        return len(await reader.find())

    script = Script()
    assert play(script, scene) == (1, [])
    assert script.signals == [frame.IS_ACK]


def test_it_sleeps_and_is_woken_by_a_search():
    async def scene(reader):
        await reader.rest()
        await reader.find()

    script = Script()
    play(script, scene)
    assert [sent[:1] for sent in script.sent] == [b"\x32", b"\x16", b"w", b"\x32", b"\x4a"]


def test_whether_it_is_still_there():
    async def scene(reader):
        before = await reader.contact().present()
        await reader.find()
        return before, await reader.contact().present(), await reader.contact().present()

    other = [frame.ACK, response(TARGET[:-1] + b"\x67")]
    usual = [frame.ACK, response(TARGET)]
    assert play(Script(x4a=[usual, usual, other]), scene)[0] == (False, True, False)
    attends = [[frame.ACK, response(b"\x01\x00")], [frame.ACK, response(b"\x01\x01")]]
    script = Script(x4a=[[frame.ACK, response(WITH_ISO_DEP)]], x00=attends)
    assert play(script, scene)[0] == (False, True, False)
