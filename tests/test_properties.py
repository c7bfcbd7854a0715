"""Properties of the codecs: whatever comes in, out comes what was sent or a named refusal."""

import contextlib
import json

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from tillqr import code_symbol
from tillqr.sale import payment_code, receipt
from tillqr.sale.attempts import Attempt
from tillqr.sale.mac import Key
from tillqr.till import frame, message

from host_sim.gateway import codes
from tests import vectors
from tests.e2e.test_bad_input import raw_frame

SECRET = bytes(range(32))
DEVICES = {"D0001": codes.Device("D0001", SECRET)}
RECEIPT = json.loads(vectors.load("receipts")[0])
names = st.text("ABCXYZabcxyz0189._-", min_size=1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
payloads = st.binary(max_size=900) | json_values.map(lambda value: json.dumps(value).encode())
_REFUSALS = ("type", "utf8", "json", "field", "amount", "currency")


def received(octets: bytes, cuts: list[int]) -> list[tuple[int, int, int, bytes]]:
    """The frames in octets that arrive in pieces."""
    frames: list[tuple[int, int, int, bytes]] = []
    reader = frame.FrameReader(
        lambda version, kind, sequence, payload: frames.append(
            (version, kind, sequence, bytes(payload))
        ),
        lambda _: None,
    )
    for cut in [*cuts, len(octets)]:
        piece, octets = bytearray(octets[:cut]), octets[cut:]
        reader.feed(piece, len(piece))
    return frames


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=1024))),
    st.lists(st.integers(0, 600), max_size=9),
)
def test_frames_come_back_however_they_are_cut(
    sent: list[tuple[int, int, bytes]], cuts: list[int]
) -> None:
    octets = b"".join(bytes(frame.build(*one)) for one in sent)
    assert received(octets, cuts) == [(1, *one) for one in sent]


@given(st.binary(max_size=3000), st.binary(max_size=200))
def test_a_frame_after_any_garbage_is_heard(garbage: bytes, payload: bytes) -> None:
    good = bytes(frame.build(5, 7, payload))
    assert received(garbage + good, [])[-1] == (1, 5, 7, payload)


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=240))
def test_our_frames_are_cobs_as_others_write_it(kind: int, sequence: int, payload: bytes) -> None:
    assert bytes(frame.build(kind, sequence, payload)) == raw_frame(1, kind, sequence, payload)


@given(st.integers(0, 20), payloads)
def test_a_message_is_parsed_or_refused(kind: int, payload: bytes) -> None:
    try:
        parsed = message.parse(kind, payload)
    except message.Refusal as refusal:
        reason = refusal.reason
    else:
        reason = "type"
        assert message.parse(kind, message.build(parsed)) == parsed
    assert reason in _REFUSALS


@given(payloads)
def test_a_receipt_is_parsed_or_rejected(body: bytes) -> None:
    with contextlib.suppress(receipt.Rejected):
        assert not receipt.parse(body).authentic([Key(SECRET)])


@given(st.sampled_from(sorted(RECEIPT)), json_values)
def test_a_receipt_with_another_value_is_not_authentic(name: str, value: object) -> None:
    changed = {**RECEIPT, name: value}
    if type(value) is type(RECEIPT[name]) and value == RECEIPT[name]:
        return
    with contextlib.suppress(receipt.Rejected):
        assert not receipt.parse(json.dumps(changed).encode()).authentic([Key(SECRET)])


@given(
    names.map(lambda name: name[:20]),
    names.map(lambda name: name[:8]),
    st.integers(1, 9_999_999_999),
    st.sampled_from(("EUR", "JPY", "BHD")),
    st.binary(min_size=12, max_size=12),
    st.text(min_size=0, max_size=30),
    st.ip_addresses(v=4),
    st.integers(1, 65535),
)
def test_the_backend_reads_what_the_display_packs(
    order: str,
    register: str,
    amount: int,
    currency: str,
    nonce: bytes,
    shop: str,
    address: object,
    port: int,
) -> None:
    shop = shop.encode("utf-8", "ignore").decode()
    sender = payment_code.Sender("D0001", b"serial", shop, Key(SECRET))
    attempt = Attempt(nonce.hex(), order, register, amount, currency)
    code = sender.code(attempt, (str(address), port))
    payment = codes.read(code, DEVICES)
    assert (payment.order, payment.register, payment.attempt) == (order, register, nonce.hex())
    assert (payment.amount, payment.currency) == (amount, currency)
    assert (payment.address, payment.port) == (str(address), port)
    assert shop.startswith(payment.shop)
    assert len(payment.shop) == len(shop) or len(payment.shop.encode()) > 16
    assert str(httpx.URL(code_symbol.url("HTTP://PAY.EXAMPLE", code)).path) == "/P/" + code


@settings(max_examples=300)
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=160) | st.text(max_size=60))
def test_any_other_code_is_refused(code: str) -> None:
    with contextlib.suppress(codes.BadCode):
        codes.read(code, DEVICES)
        raise AssertionError("a made-up code was taken")
