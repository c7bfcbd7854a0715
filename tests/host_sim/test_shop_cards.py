"""The backend's word on a shop's own cards, of which the firmware reads the URL."""

from collections.abc import Iterator

import pytest

from host_sim.cards import sdm, tags
from host_sim.cards.ntag import Ntag
from host_sim.cards.ntag424 import Ntag424
from host_sim.gateway.card_store import MOST_ON_STATIC, CardStore
from host_sim.gateway.sun import SunCards
from host_sim.gateway.verdict import Verdict
from tests.host_sim.tapping import read

UID = bytes.fromhex("04de5f1eacc040")
META, FILE = bytes(range(16)), bytes(range(16, 32))
BASE = "https://shop.example/c"
TOKEN = "https://shop.example/c/q3VtJ9sYb0uXk2LwZr6TnA"


@pytest.fixture
def store() -> Iterator[CardStore]:
    made = CardStore("sqlite://")
    yield made
    made.close()


@pytest.mark.parametrize("covered", [False, True])
def test_sun(store: CardStore, covered: bool) -> None:
    tag = Ntag424(BASE, UID, META, FILE, covered=covered)
    store.add_dynamic("card 1", UID, FILE, 3000, "EUR")
    cards = SunCards(store, META, covered=covered)
    kind, first = read(tag)
    assert kind == "ndef"
    assert cards.check(first, 1234, "EUR") == Verdict("approved", card="card 1")
    assert store.balance("card 1") == 1766
    assert cards.check(first, 1, "EUR") == Verdict("declined", "declined"), "a copy"
    _, second = read(tag)
    _, third = read(tag)
    assert tag.counter == 3, "it counts readings, not commands"
    assert cards.check(third, 1766, "EUR").state == "approved"
    assert cards.check(second, 1, "EUR") == Verdict("declined", "declined"), "an older one"
    _, fourth = read(tag)
    assert cards.check(fourth, 1, "EUR") == Verdict("declined", "insufficient_funds")
    assert store.give_back("card 1", 100)
    assert cards.check(fourth, 1, "EUR") == Verdict("declined", "declined")
    assert cards.check(read(tag)[1], 1, "JPY") == Verdict("declined", "card_unknown")
    assert store.balance("card 1") == 100


def test_the_longest_url_with_sun() -> None:
    tag = Ntag424("https://" + "a" * 187, UID, META, FILE)
    kind, said = read(tag)
    assert (kind, len(said)) == ("ndef", 195 + 54)
    with pytest.raises(ValueError, match="does not fit"):
        Ntag424("https://" + "a" * 188, UID, META, FILE)


def test_sun_of_another_shop(store: CardStore) -> None:
    store.add_dynamic("card 1", UID, FILE, 3000, "EUR")
    cards = SunCards(store, META)
    for tag in (
        Ntag424(BASE, UID, META, META),
        Ntag424(BASE, UID, FILE, FILE),
        Ntag424(BASE, bytes(7), META, FILE),
        Ntag424(BASE, UID, META, FILE, covered=True),
    ):
        assert cards.check(read(tag)[1], 1, "EUR") == Verdict("declined", "card_unknown")
    assert cards.check(read(Ntag424(BASE, UID, META, FILE))[1], 1, "EUR").state == "approved"


def test_sun_that_was_changed(store: CardStore) -> None:
    store.add_dynamic("card 1", UID, FILE, 3000, "EUR")
    cards = SunCards(store, META, covered=True)
    url = Ntag424(BASE, UID, META, FILE, covered=True).tap().encode()
    begin = url.index(b"p=")
    for at in range(begin, len(url)):
        changed = url[:at] + (b"1" if url[at : at + 1] != b"1" else b"2") + url[at + 1 :]
        assert cards.check(changed, 1, "EUR").state == "declined"
    assert cards.check(url + b"&p=00", 1, "EUR").state == "declined"
    for garbage in (b"", b"?p=&c=", b"\xff", b"https://[", b"?p=zz&c=zz", url[:-1]):
        assert cards.check(garbage, 1, "EUR") == Verdict("declined", "card_unknown")
    assert cards.check(url, 1, "EUR").state == "approved"


def test_picc_data_without_a_counter(store: CardStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag that is set up without one proves nothing about when it was read."""
    store.add_dynamic("card 1", UID, FILE, 100, "EUR")
    for tag in (0x87, 0xC4, 0x47):
        monkeypatch.setattr(sdm, "_PICC_DATA_TAG", tag)
        url = Ntag424(BASE, UID, META, FILE).tap().encode()
        assert SunCards(store, META).check(url) == Verdict("declined", "card_unknown")


def test_the_example_of_nxp(store: CardStore) -> None:
    """AN12196, 3.4: keys of zeros, counter 61."""
    url = b"https://choose.url.com/ntag424?p=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
    store.add_dynamic("card 1", UID, bytes(16), 100, "EUR")
    assert store.count("card 1", 60)
    assert SunCards(store, bytes(16)).check(url) == Verdict("approved", card="card 1")
    assert not store.count("card 1", 61), "that was its counter"


def test_a_card_without_sun(store: CardStore) -> None:
    store.add_static("card 2", TOKEN, 2000, "EUR")
    cards = SunCards(store, META)
    url = read(Ntag(tags.uri_message(TOKEN), UID))[1]
    assert cards.check(url, 1500, "EUR") == Verdict("approved", card="card 2")
    assert cards.check(url, 501, "EUR") == Verdict("declined", "insufficient_funds")
    assert cards.check(url + b"A", 1, "EUR") == Verdict("declined", "card_unknown")
    with pytest.raises(ValueError, match="token"):
        store.add_static("card 3", BASE + "/1234", 1, "EUR")
    with pytest.raises(ValueError, match="at most"):
        store.add_static("card 3", TOKEN + "B", MOST_ON_STATIC + 1, "EUR")
