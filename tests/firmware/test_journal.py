"""The journal: what is written is found again, whatever becomes of some bytes of it."""

from tillqr.sale import recovery
from tillqr.sale.attempts import KEPT, METHODS, Attempts
from tillqr.sale.journal import SIZE, Journal

from host_sim.segments import MemorySegments
from tests import vectors
from tests.support import Counts, Word, empty_book, raises


class Broken(MemorySegments):
    """Segments that can fail."""

    def __init__(self):
        super().__init__()
        self.works = True

    def _check(self):
        if not self.works:
            raise OSError(5)

    def append(self, number, data):
        self._check()
        super().append(number, data)

    def replace(self, number, data):
        self._check()
        super().replace(number, data)


def nonce(number):
    return "%024x" % number


def opened(book, number=1):
    return book.open(nonce(number), str(1000 + number), "3", 1234, "EUR")


def found(segments, count=None):
    """The attempts that a restart finds."""
    return recovery.recover(segments, count or Counts())[0]


def said(attempt):
    """All that is known of an attempt."""
    of = attempt.result()
    of["settled"], of["delivered"] = attempt.settled, attempt.delivered
    return of


def sale(book, number, state="paid"):
    """A whole sale, as the display has the book take part in it."""
    attempt = opened(book, number)
    attempt.settle(Word(state, "T%d" % number, "declined" if state == "failed" else ""))
    assert book.keep(attempt)
    book.deliver(attempt)
    return attempt


def test_the_bytes_are_as_the_protocol_says():
    segments = MemorySegments()
    empty_book(segments=segments).open("000102030405060708090a0b", "1001", "3", 1234, "EUR")
    (line,) = vectors.load("journal")
    assert segments.data == [b"", bytes.fromhex(line)]


def test_an_attempt_is_found_as_it_was_at_each_step():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    attempt = opened(book)
    (first,) = found(segments)
    assert said(first) == said(attempt) and first.question == "ask" and first.outcome == ""
    attempt.settle(Word("paid", "T1"))
    assert (found(segments)[0].outcome, book.keep(attempt)) == ("", True)
    assert said(found(segments)[0]) == said(attempt) and found(segments)[0].outcome == "paid"
    book.deliver(attempt)
    assert not found(segments)[0].delivered  # that is written with the next one
    opened(book, 2)
    assert [one.delivered for one in found(segments)] == [True, False]


def test_every_field_at_its_longest_is_found():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    attempt = book.open("ff" * 12, "1" * 20, "R" * 8, 9999999999, "BHD")
    assert book.end(attempt, "cancelled", "")
    attempt.settle(Word("paid", "T" * 40, "r" * 24))
    assert book.keep(attempt)
    assert said(found(segments)[0]) == said(attempt) and attempt.outcome == "late"


def test_how_an_attempt_is_paid_is_found():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    for number, method in enumerate(METHODS):
        book.open(nonce(number), "1", "3", 1, "EUR", method)
    (shown, tapped, asked) = found(segments)
    assert (shown.method, tapped.method, asked.method) == METHODS
    assert (shown.outcome, tapped.outcome, asked.question) == ("cancelled", "cancelled", "ask")
    book.open(nonce(9), "2", "3", 1, "EUR")
    asked = found(segments)[2]  # only the machine can end what it has begun
    assert (asked.outcome, asked.question, asked.cancelling) == ("", "close", False)
    asked = book.find(nonce(2))
    asked.cancelling, asked.stored = True, False
    assert book.keep(asked)
    asked = found(segments)[2]
    assert (asked.outcome, asked.question, asked.cancelling) == ("", "close", True)
    asked.settle(Word("closed"))
    assert asked.outcome == "cancelled"


def test_two_writes_a_sale():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    for number in range(100):
        sale(book, number)
    assert segments.writes == 200
    _, journal = recovery.recover(segments, Counts())
    assert journal.sequence == 200


def test_segments_take_turns_and_stay_small():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    waiting = opened(book, 500)
    turns = 0
    before = [b"", b""]
    for number in range(200):
        sale(book, number)
        turns += segments.data[0][:12] != before[0][:12] or segments.data[1][:12] != before[1][:12]
        before = list(segments.data)
        assert max(map(len, segments.data)) <= SIZE
        attempts = found(segments)
        assert len(attempts) <= KEPT
        assert [one.nonce for one in attempts].count(waiting.nonce) == 1
    assert turns >= 4


def test_a_restarted_book_goes_on():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    opened(book, 0)
    for number in range(1, 60):
        attempts, journal = recovery.recover(segments, Counts())
        again = Attempts("D0001", [], attempts, journal)
        for attempt in attempts:
            if attempt.outcome:
                again.deliver(attempt)  # the register acknowledges it once more
        sale(again, number)
    assert found(segments)[0].nonce == nonce(0) and found(segments)[-1].nonce == nonce(59)
    assert journal.sequence == 119  # its own writes are two of them


def test_what_is_asked_after_a_restart():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    ended = opened(book, 1)
    assert book.end(ended, "cancelled", "")
    lost = opened(book, 2)
    opened(book, 3)
    first, second, third = found(segments)
    assert (first.question, first.outcome) == ("close", "cancelled")
    assert (second.question, second.outcome, second.stored) == ("close", "cancelled", False)
    assert (third.question, third.outcome) == ("ask", "")
    assert lost.outcome == ""


def test_any_flipped_bit_is_mended():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    both = [sale(book, 1), opened(book, 2)]
    both[1].settle(Word("paid", "T2"))
    assert book.keep(both[1])
    whole = segments.data[1]
    assert segments.data[0] == b""  # all of it is in the first generation's
    for place in range(len(whole)):
        bits = bytearray(whole)
        bits[place] ^= 1 << place % 8
        segments.data[1] = bytes(bits)
        count = Counts()
        assert [said(one) for one in found(segments, count)] == [said(one) for one in both]
        assert count.names == ["journal_mended"]


def test_damage_hides_no_other_record():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    attempts = [opened(book, number) for number in range(8)]
    whole = segments.data[1]
    for place in range(15, len(whole) - 3):
        bits = bytearray(whole)
        for step in range(3):
            bits[place + step] ^= 0xFF
        segments.data[1] = bytes(bits)
        count = Counts()
        left = [one.nonce for one in found(segments, count)]
        assert len(left) >= 6 and "journal_damaged" in count.names, place
        assert set(left) <= {one.nonce for one in attempts}


def test_a_torn_tail_is_cut():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    for number in range(3):
        opened(book, number)
    whole = segments.data[1]
    ends = []
    for size in range(15, len(whole)):
        segments.data[1] = whole[:size]
        attempts, journal = recovery.recover(segments, Counts())
        assert [one.nonce for one in attempts] == [nonce(n) for n in range(len(attempts))]
        ends.append(len(attempts))
        # What comes after it is found behind it.
        opened(Attempts("D0001", [], attempts, journal), 77)
        assert found(segments)[-1].nonce == nonce(77)
        assert len(found(segments)) == ends[-1] + 1
        segments.data[0] = b""
    assert sorted(ends) == ends and ends[-1] == 2


def test_a_new_segment_that_is_damaged_is_helped_by_the_old_one():
    segments = MemorySegments()
    book = empty_book(segments=segments)
    kept = opened(book, 300)
    generation = 0
    for number in range(60):
        before = list(segments.data)
        sale(book, number)
        fresh = 0 if segments.data[0] and before[0][:12] != segments.data[0][:12] else 1
        if before[fresh] and before[fresh][:12] != segments.data[fresh][:12]:
            generation += 1
            for cut in range(0, len(segments.data[fresh]), 7):
                torn = MemorySegments()
                torn.data = list(segments.data)
                torn.data[fresh] = torn.data[fresh][:cut]
                assert kept.nonce in [one.nonce for one in found(torn)], cut
    assert generation >= 1


def test_what_is_no_journal_is_an_empty_one():
    segments = MemorySegments()
    for data in (b"", b"\xff" * 4096, b"\x00" * 4096, bytes(range(256)) * 16):
        segments.data = [data, data]
        attempts, journal = recovery.recover(segments, Counts())
        assert attempts == []
        book = Attempts("D0001", [], attempts, journal)
        opened(book)
        assert len(found(segments)) == 1


def test_what_cannot_be_stored_is_not_opened_nor_cancelled():
    segments = Broken()
    book = empty_book(segments=segments)
    segments.works = False
    raises(OSError, opened, book)
    assert book.interrupted() is None and book.lacks == "storage"
    segments.works = True
    book.retry()
    assert book.lacks == "" and found(segments) == []
    attempt = opened(book)
    segments.works = False
    assert not book.end(attempt, "cancelled", "")
    attempt.settle(Word("paid"))
    assert not book.keep(attempt)
    segments.works = True
    assert book.keep(attempt)
    assert said(found(segments)[0]) == said(attempt)


def test_a_failed_write_spoils_nothing_that_is_there():
    segments = Broken()
    book = empty_book(segments=segments)
    attempt = opened(book)
    segments.works = False
    attempt.settle(Word("paid"))
    assert not book.keep(attempt)
    assert found(segments)[0].settled == ""
    assert Journal(segments).failing is False
