"""What cards say, against others: NDEF and `ndeflib`, data objects and `ber-tlv` and `pyemv`,
SUN and `pylibsdm`, cryptograms and `pyemv`; a thousand made cases each, both ways where there are
two."""

import random
import string
from collections.abc import Iterator
from typing import Any

import ndef
import pyemv
import pytest
from ber_tlv.tlv import Tlv
from pyemv.cvn import VisaCVN18
from pylibsdm.backend.validate import ParamValidator
from tillqr.nfc import ndef as our_ndef
from tillqr.nfc import tlv as our_tlv

from host_sim.cards import cryptogram, tags
from host_sim.cards import tlv as card_tlv
from host_sim.cards.ntag424 import Ntag424
from host_sim.gateway import tlv as backend_tlv
from host_sim.gateway.card_store import CardStore
from host_sim.gateway.sun import SunCards

CASES = 1000
PREFIXES = ("", "http://www.", "https://", "https://www.", "mailto:", "urn:epc:raw:", "urn:nfc:")
PRINTABLE = string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;=%"


def mutated(chance: random.Random, octets: bytes) -> bytes:
    """One to three bytes of it changed, taken away or added."""
    data = bytearray(octets)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        how = chance.randrange(4)
        if how == 0:
            data[at:at] = bytes((chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))),))
        elif how == 1:
            del data[at : at + 1]
        elif at < len(data):
            data[at] = chance.randrange(256) if how == 2 else data[at] ^ 1 << chance.randrange(8)
    return bytes(data)


# NDEF.


def some_uri(chance: random.Random) -> str:
    size = chance.choice((1, 8, 40, 200, 230))
    return chance.choice(PREFIXES) + "".join(chance.choices(PRINTABLE, k=size))


def some_record(chance: random.Random) -> ndef.Record:
    kind = chance.randrange(4)
    if kind == 0:
        return ndef.UriRecord(some_uri(chance))
    if kind == 1:
        text = "".join(chance.choices(PRINTABLE + "äß€中", k=chance.randint(1, 80)))
        return ndef.TextRecord(text, chance.choice(("en", "de-AT")))
    name = "".join(chance.choices(string.ascii_lowercase, k=chance.choice((0, 0, 3))))
    kinds = ("text/plain", "urn:nfc:ext:shop.example:x", "unknown")
    return ndef.Record(chance.choice(kinds), name, chance.randbytes(chance.choice((0, 9, 300))))


def what_it_says(records: list[ndef.Record]) -> bytes | None:
    """The first URI of theirs, else the first text, as the firmware is to say it."""
    for kind, name in ((ndef.UriRecord, "iri"), (ndef.TextRecord, "text")):
        for record in records:
            said = getattr(record, name).encode() if isinstance(record, kind) else b""
            if 0 < len(said) <= our_ndef.MAX_CONTENT:
                return said
    return None


def test_their_messages() -> None:
    chance = random.Random(1)
    said = 0
    for _ in range(CASES):
        records = [some_record(chance) for _ in range(chance.randint(1, 4))]
        message = b"".join(ndef.message_encoder(records))
        expected = what_it_says(records)
        assert our_ndef.content(message) == expected
        said += expected is not None
    assert said > CASES // 2


def test_our_messages() -> None:
    chance = random.Random(2)
    for _ in range(CASES):
        uri = some_uri(chance)
        message = tags.uri_message(uri)
        (record,) = ndef.message_decoder(message)
        assert record.iri == uri
        text = "".join(chance.choices(PRINTABLE + "äß€", k=chance.randint(1, 250)))
        (record,) = ndef.message_decoder(tags.text_message(text, "de"))
        assert (record.text, record.language, record.encoding) == (text, "de", "UTF-8")


def their_records(message: bytes) -> list[ndef.Record] | None:
    """Theirs; None if they refuse the message. They raise ValueError where a type's name is odd,
    which the firmware does not look at."""
    try:
        return list(ndef.message_decoder(message, known_types={}))
    except ndef.DecodeError:
        return None


def our_payloads(message: bytes) -> list[bytes] | None:
    try:
        records = list(our_ndef.records(message))
        b"".join(kind for _, kind, _ in records).decode(
            "ascii"
        )  # it does not look at others' types
        return [payload for _, _, payload in records]
    except our_ndef.BadNdef:
        return None


def test_messages_that_are_none() -> None:
    """What the firmware takes they take, and for the same; what they would have written the same
    way it takes. Chunks, and bytes behind the message, only it refuses."""
    chance = random.Random(3)
    taken = refused = 0
    while taken + refused < CASES:
        records = [some_record(chance) for _ in range(chance.randint(1, 3))]
        message = mutated(chance, b"".join(ndef.message_encoder(records)))
        try:
            theirs = their_records(message)
        except ValueError:
            continue
        ours = our_payloads(message)
        if ours is not None:
            assert theirs is not None
            assert [record.data for record in theirs] == ours
            taken += 1
        else:
            refused += 1
            assert not theirs or b"".join(ndef.message_encoder(theirs)) != message
    assert min(taken, refused) > 100


# Data objects.

Tree = dict[str, Any]


def some_tree(chance: random.Random, depth: int = 0) -> Tree:
    """Data objects as pyemv has them."""
    made: Tree = {}
    for _ in range(chance.randint(1, 4)):
        inner = depth < 3 and chance.random() < 0.3
        head = chance.choice((0x6F, 0x70, 0x77, 0xA5) if inner else (0x50, 0x5A, 0x84, 0x87))
        tag = f"{head:02X}"
        if chance.random() < 0.4:
            head = 0xBF if inner else chance.choice((0x5F, 0x9F, 0xDF))
            more = chance.choice(("", f"{chance.randrange(0x80, 0x100):02X}"))
            tag = f"{head:02X}{more}{chance.randrange(1, 0x80):02X}"
        size = chance.choice((0, 1, 8, 127, 128, 255, 256))
        made[tag] = some_tree(chance, depth + 1) if inner else chance.randbytes(size)
    return made


def as_pairs(tree: Tree) -> list[tuple[int, Any]]:
    """The same as ber-tlv has them."""
    return [
        (int(tag, 16), as_pairs(value) if isinstance(value, dict) else value)
        for tag, value in tree.items()
    ]


def built(tree: Tree) -> bytes:
    """The same as a virtual card says it."""
    return b"".join(
        card_tlv.build(int(tag, 16), built(value) if isinstance(value, dict) else value)
        for tag, value in tree.items()
    )


def paths(tree: Tree, before: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], bytes]]:
    for tag, value in tree.items():
        path = (*before, int(tag, 16))
        if isinstance(value, dict):
            yield from paths(value, path)
        else:
            yield path, value


def test_data_objects() -> None:
    chance = random.Random(4)
    for _ in range(CASES):
        tree = some_tree(chance)
        data = pyemv.tlv.encode(tree)
        assert data == Tlv.build(as_pairs(tree)) == built(tree)
        assert pyemv.tlv.decode(built(tree)) == tree
        padded = bytes(chance.randint(0, 2)) + data + bytes(chance.randint(0, 2))
        assert list(our_tlv.objects(padded)) == list(backend_tlv.objects(padded))
        for path, value in paths(tree):
            assert our_tlv.find(data, *path) == value


def their_objects(data: bytes) -> list[tuple[int, bytes]] | None:
    """ber-tlv's; None if it refuses the data."""
    try:
        return Tlv.parse(data, recursive=False)
    except Exception:  # it has four kinds of them
        return None


def our_objects(data: bytes) -> list[tuple[int, bytes]] | None:
    """The firmware's, of which the backend must say the same."""
    try:
        backend = list(backend_tlv.objects(data))
    except backend_tlv.BadData:
        backend = None
    try:
        ours = list(our_tlv.objects(data))
    except our_tlv.BadTlv:
        ours = None
    assert ours == backend
    return ours


def test_data_objects_that_are_none() -> None:
    """What we take they take, and for the same; what they would have written the same way we take,
    but for tags of four bytes and lengths of more than two."""
    chance = random.Random(5)
    taken = refused = 0
    for _ in range(CASES):
        data = mutated(chance, pyemv.tlv.encode(some_tree(chance)))
        theirs, ours = their_objects(data), our_objects(data)
        if ours is not None:
            assert ours == theirs
            taken += 1
        else:
            refused += 1
            too_long = theirs and any(tag > 0xFFFFFF for tag, _ in theirs)
            assert not theirs or too_long or Tlv.build(theirs) != data
    assert min(taken, refused) > 100


# SUN.


def validator(meta: bytes, file: bytes, covered: bool) -> ParamValidator:
    more = {"param_cmac_input": "p"} if covered else {}
    keys = {"k_sdm_file_read": file.hex(), "k_sdm_meta_read": meta.hex()}
    return ParamValidator(**keys, param_picc_data="p", param_cmac="c", **more)


def they_accept(meta: bytes, file: bytes, covered: bool, url: str) -> bool:
    checked = validator(meta, file, covered)
    try:
        checked.parse_uri(url)
    except Exception:  # whatever it raises, the URL does not count
        return False
    return checked.cmac_valid


def test_sun() -> None:
    """Each tap counts for both; with a digit changed for neither."""
    chance = random.Random(6)
    store = CardStore("sqlite://")
    for number in range(CASES):
        meta, file, uid = chance.randbytes(16), chance.randbytes(16), chance.randbytes(7)
        covered = chance.random() < 0.5
        tag = Ntag424("https://shop.example/c", uid, meta, file, covered=covered)
        tag.counter = chance.choice((0, 1, 254, 65535, chance.randrange(1 << 24) - 1))
        url = tag.tap()
        store.add_dynamic(str(number), uid, file, 0, "EUR")
        cards = SunCards(store, meta, covered=covered)
        digit = chance.choice([*range(len(url) - 51, len(url) - 19), *range(-16, 0)]) % len(url)
        other = chance.choice([one for one in "0123456789ABCDEF" if one != url[digit]])
        wrong = url[:digit] + other + url[digit + 1 :]
        assert not they_accept(meta, file, covered, wrong)
        assert cards.check(wrong.encode()).state == "declined"
        theirs = validator(meta, file, covered)
        theirs.parse_uri(url)
        assert (theirs.cmac_valid, theirs.uid, theirs.read_ctr) == (True, uid, tag.counter)
        assert cards.check(url.encode()).state == "approved"
    store.close()


# Cryptograms.


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_cryptograms() -> None:
    chance = random.Random(7)
    sizes = (6, 6, 2, 5, 2, 3, 1, 4, 2, 2)
    for _ in range(CASES):
        issuer = chance.randbytes(16)
        pan = "".join(chance.choices(string.digits, k=16))
        sequence = f"{chance.randrange(100):02}"
        values = [*map(chance.randbytes, sizes), chance.randbytes(chance.choice((7, 18, 32)))]
        theirs = VisaCVN18(issuer, issuer, issuer, pan, sequence).generate_ac(*values)
        key = cryptogram.card_key(issuer, pan, sequence)
        objects = dict(zip(cryptogram.COVERED, values, strict=True))
        assert cryptogram.of_transaction(key, objects) == theirs
