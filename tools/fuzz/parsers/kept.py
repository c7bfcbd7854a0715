"""What a display keeps on flash, which may be damaged: the journal; neutral."""

from tillqr.sale import attempts, journal, recovery

from host_sim.segments import MemorySegments
from tools.fuzz.parsers import Counts, Parser, demand, digest, shape

_NEXT = ("f" * 24, "1999", "3", 77, "BHD")


def recovered(octets: bytes) -> str:
    """Two segments; the first two bytes say where the second begins.

    A display that starts with them can go on: another attempt is found after the next start, and
    so are those that were found before.
    """
    segments = MemorySegments()
    size = int.from_bytes(octets[:2], "big") % (journal.SIZE + 1)
    rest = octets[2 : 2 + 2 * journal.SIZE]
    segments.data = [rest[:size], rest[size : size + journal.SIZE]]
    counts = Counts()
    found, kept = recovery.recover(segments, counts)  # type: ignore[arg-type]
    said = [_said(one) for one in found]
    if all(one.nonce != _NEXT[0] for one in found):
        _go_on(segments, found, kept)
    names = " ".join(sorted(counts.names))
    return "{} {} {}".format(len(said), digest(shape(said)), names)


def _said(attempt: attempts.Attempt) -> list:
    """All that is known of an attempt."""
    of = attempt.result()
    return [of[name] for name in sorted(of)] + [attempt.settled, attempt.delivered]


def _go_on(segments: MemorySegments, found: list, kept: journal.Journal) -> None:
    """Open another attempt, and start again."""
    book = attempts.Attempts("D0001", [], found, kept)
    try:
        book.open(*_NEXT)
    except attempts.Full:
        return
    for one in found[:-1]:
        if not one.outcome and not one.settled:
            one.outcome = "cancelled"  # as of all but the last one
    before = [_said(one) for one in found]
    again, _ = recovery.recover(segments, Counts())  # type: ignore[arg-type]
    after = [_said(one) for one in again]
    demand(_said(again[-1])[:2] == before[-1][:2], "the next attempt is not found")
    for one in before:
        demand(one in after, "an attempt is lost")


PARSERS = {"recovered": Parser(recovered, 2 * journal.SIZE, 20, 2500)}
