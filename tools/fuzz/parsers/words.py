"""What the backend says: JSON, receipts, charges; neutral."""

from tillqr import strict_json
from tillqr.net import backend
from tillqr.net.mqtt import MAX_PAYLOAD
from tillqr.sale import attempts, by_charge, charge, checkout, journal, mac, receipt

from host_sim.segments import MemorySegments
from tools.fuzz.parsers import Counts, Parser, demand, digest, keep, shape

DEVICE = "D0001"
KEYS = ((1, bytes(range(32))), (4, bytes(range(1, 33))))
"""The display's keys: numbers and secrets."""
ATTEMPTS = (
    ("000102030405060708090a0b", "1001", "3", 1234, "EUR"),
    ("0c0d0e0f1011121314151617", "1002", "3", 9999999999, "JPY"),
)
"""Nonce, order, register, amount and currency of those that are open."""
keep(strict_json, "tillqr.json_pairs")
keep(by_charge, "tillqr.sale.charge")
_KEYS = [mac.Key(secret, number) for number, secret in KEYS]


def objects(octets: bytes) -> str:
    """A JSON object that nobody vouches for."""
    try:
        return "object " + digest(shape(strict_json.parse(octets[:MAX_PAYLOAD])))
    except strict_json.BadUtf8:
        return "no UTF-8"
    except ValueError:
        return "no object"


def receipts(octets: bytes) -> str:
    """A receipt at a display with two open attempts; one that counts does so once."""
    book = _book()
    said = _accept(book, octets)
    if said.startswith("accepted"):
        again = _accept(book, octets)
        demand(again == "receipt_replayed", "a receipt counts twice")
    return said


def _book() -> attempts.Attempts:
    kept = journal.Journal(MemorySegments())  # type: ignore[arg-type]
    book = attempts.Attempts(DEVICE, _KEYS, [], kept)
    for one in ATTEMPTS:
        book.open(*one).question = "open"
    return book


def _accept(book: attempts.Attempts, body: bytes) -> str:
    try:
        attempt = book.accept(receipt.parse(body))
    except receipt.Rejected as rejected:
        demand(rejected.name.startswith("receipt_"), "refused without a known name")
        return rejected.name
    demand(book.keep(attempt), "what counts is not stored")
    words = (attempt.settled, attempt.transaction, attempt.reason)
    return "accepted {} {}".format(attempt.nonce, shape(list(words)))


def charges(octets: bytes) -> str:
    """A charge for the first open attempt."""
    try:
        word = strict_json.parse(octets[:MAX_PAYLOAD])
    except ValueError:
        return "no object"
    attempt = attempts.Attempt(*ATTEMPTS[0])
    holds = charge.Charges(DEVICE, _KEYS).holds(word, attempt)
    demand(holds in (True, False), "neither true nor false")
    return "holds " + word["text"] if holds else "refused"


class Channel:
    """The backend's channel at a display, of which this stands for the rest."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._book = _book()
        self.backend = backend.Backend(None, self._book, None, 80, self, self.counts)  # type: ignore
        till = checkout.Checkout(self._book, None, None)  # type: ignore[arg-type]
        judged = (DEVICE, _KEYS)
        way = by_charge.ByCharge(till, judged, self.counts)
        way.happen = self.happen
        self.backend.charges = way

    def accept(self, body: bytes) -> "tuple[int, dict]":
        """As display.Display does."""
        said = _accept(self._book, body)
        self.counts(said)
        return (200, {"accepted": ""}) if said.startswith("accepted") else (409, {"error": said})

    def happen(self, event: str, attempt: attempts.Attempt) -> None:
        """A code is shown."""
        demand(event == "charge", "what comes of a charge is no charge")
        demand(0 < len(attempt.text) <= charge.MAX_TEXT, "a code's text is too long")
        self.counts("shown " + attempt.nonce + " " + digest(attempt.text))

    def still_open(self, attempt: attempts.Attempt) -> None:
        """Nobody has paid yet."""
        self.counts("still open " + attempt.nonce)

    def path_changed(self) -> None:
        """A display draws it."""

    def longest_pause(self) -> int:
        """Milliseconds."""
        return 20


def answers(octets: bytes) -> str:
    """Anything that the backend's channel delivers."""
    channel = Channel()
    named = channel.backend.deliver(octets[:MAX_PAYLOAD])
    known = named in [one[0] for one in ATTEMPTS]
    return "{} {}".format(channel.counts.words(), named if known else "another")


PARSERS = {
    "objects": Parser(objects, MAX_PAYLOAD, 40),
    "receipts": Parser(receipts, receipt.MAX_SIZE, 40),
    "charges": Parser(charges, MAX_PAYLOAD, 40),
    "answers": Parser(answers, MAX_PAYLOAD, 40),
}
