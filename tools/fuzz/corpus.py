"""Valid inputs of each parser: the protocol's vectors, and what the firmware's encoders make."""

import base64
import json
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tillqr.net import http
from tillqr.sale import journal
from tillqr.sale.attempts import Attempts
from tillqr.setup import till
from tillqr.till import frame, message

from host_sim.segments import MemorySegments
from tests import vectors
from tests.support import SETTINGS
from tools.attack import signing
from tools.fuzz import taps
from tools.fuzz.parsers.board import PIN
from tools.fuzz.parsers.words import ATTEMPTS, DEVICE, KEYS

_CA = base64.b64decode(
    "MIIByTCCAW+gAwIBAgIUULD6GZt76d7gBtph3PnAZKs6nuswCgYIKoZIzj0EAwIwQDEXMBUGA1UECgwOdHJ1c3RtZSB2"
    "MS4yLjExJTAjBgNVBAsMHFRlc3RpbmcgQ0EgI2ExVHhUTHBjVW5wRzVUcDQwIBcNMDAwMTAxMDAwMDAwWhgPMzAwMDAx"
    "MDEwMDAwMDBaMEAxFzAVBgNVBAoMDnRydXN0bWUgdjEuMi4xMSUwIwYDVQQLDBxUZXN0aW5nIENBICNhMVR4VExwY1Vu"
    "cEc1VHA0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKlyc/fkEmZ9IlR7JP9OA9JrXD3zjriT51YAppSi6AwyFvIc+"
    "M3sdzejfP/5ktnm2RLs961DXDx4s/WHcRdi5tKNFMEMwHQYDVR0OBBYEFF9b3FUSflv0cdNXCsiSq8Gl+lVIMBIGA1Ud"
    "EwEB/wQIMAYBAf8CAQkwDgYDVR0PAQH/BAQDAgGGMAoGCCqGSM49BAMCA0gAMEUCIQCS69hH3IHetPlRWQCs8EJzFfBp"
    "ur4dD//eBGUhqQnVdAIgNOSEhAtMCKGCiltd/bPKY0MTizCuJ7CKXuCDPZgBpyg="
)
"""A certificate, the same each time."""
_JSON = "application/json"
_HELLO = {"protocol": 1, "boot": "b00f", "role": "register"}
_LINE = {"name": "Café crème", "quantity": "2x", "amount": 450}
_PAY = {"order": "1001", "register": "3", "amount": 1234, "currency": "EUR", "method": "qr"}
_MESSAGES: tuple[tuple[int, dict[str, Any]], ...] = (
    (message.HELLO, _HELLO),
    (message.CART, {"order": "1", "currency": "EUR", "total": 9, "first": 0, "lines": [_LINE] * 8}),
    (message.PAY, _PAY),
    (message.CANCEL, {"order": "1001"}),
    (message.QUERY, {"order": "refused"}),
    (message.QUERY, {}),
    (message.STATUS, {"order": "1001", "state": "qr", "attempt": "00"}),
    (message.RESULT, {**_PAY, "attempt": "0" * 24, "outcome": "paid", "transaction": "T1"}),
    (message.EXTERNAL_RESULT, {**_PAY, "outcome": "failed", "reason": "declined"}),
    (message.ACK, {}),
    (message.NAK, {"reason": "busy", "detail": "1002"}),
    (till.PROVISION, {"settings": {"shop": "Shop"}, "secrets": {"wifi_password": ""}}),
    (
        message.INFO,
        {
            "protocol": 1,
            "boot": "b",
            "device": "D1",
            "firmware": "1",
            "serial": "01",
            "shop": "S",
            "state": "idle",
            "network": "",
            "counters": {"frame_crc": 3},
        },
    ),
)


@cache
def values(number: int) -> list[Any]:
    """JSON values of all sorts, by hypothesis, for whatever is expected."""
    found: list[Any] = []
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    inner = st.recursive(
        leaves, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part)
    )

    @seed(number)
    @settings(
        max_examples=60,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(inner)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def of(name: str) -> list[bytes]:
    """The valid inputs of a parser."""
    return _CORPORA[name]()


def _packed(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _frames() -> list[bytes]:
    texts = [*vectors.load("frames"), *vectors.load("set-up frames")]
    lines = [bytes.fromhex(text.rpartition(" ")[2]) for text in texts]
    long = bytes(frame.build(8, 3, bytes(range(256)) * 4))
    full = bytes(frame.build(8, 4, b"\xff" * 1024))
    return [b"\x7f" + line for line in (*lines, long, full, b"".join(lines))]


def _messages() -> list[bytes]:
    made = [bytes((kind,)) + message.build(content) for kind, content in _MESSAGES]
    for line in vectors.load("refused messages"):
        kind, *words = line.split(" ")
        made.append(bytes((int(kind),)) + " ".join(words[:-2]).encode())
    return made


def record(kind: int, sequence: int, payload: bytes) -> bytes:
    """As parsers.line.link takes it."""
    return bytes((kind, sequence)) + len(payload).to_bytes(2, "big") + payload


def _link() -> list[bytes]:
    """Conversations: as records, and as lines."""
    records = [record(kind, 0, message.build(content)) for kind, content in _MESSAGES]
    answered = record(message.ACK, 0, b"").join(records)
    one_by_one = [b"\0" + records[0] + one for one in records]
    line = b"".join(
        bytes(frame.build(kind, number, message.build(content)))
        for number, (kind, content) in enumerate(_MESSAGES)
    )
    return [
        b"\0" + b"".join(records),
        b"\0" + answered,
        *one_by_one,
        b"\x7f" + line,
        b"\x05" + line,
    ]


def _objects() -> list[bytes]:
    texts = [*vectors.load("receipts")[::2], *vectors.load("charges")]
    odd = (rb'{"a":"\ud83d\ude00","b":"\ud83d"}', b'{"a":[1,-2.5e3,null,true,{"b":[]}]}', b"{}")
    return [*(text.encode() for text in texts), *odd, *(_packed(one) for one in _all_settings())]


def receipt_of(state: str, attempt: int = 0, key: int = 0, **other: Any) -> dict[str, Any]:
    """A receipt of one of the parsers' open attempts."""
    names = ("attempt", "order", "register", "amount", "currency")
    number, secret = KEYS[key]
    made = {
        "version": 1,
        "device": DEVICE,
        **dict(zip(names, ATTEMPTS[attempt], strict=True)),
        "state": state,
        "transaction": "",
        "reason": "",
        "key": number,
        **other,
    }
    return signing.sign(made, secret)


def _receipts() -> list[bytes]:
    made = [
        receipt_of("paid", transaction="T1f"),
        receipt_of("failed", 1, 1, reason="declined"),
        receipt_of("closed", 1),
    ]
    return [*map(_packed, made), *(line.encode() for line in vectors.load("receipts")[::2])]


def _charges() -> list[bytes]:
    made = {"version": 1, "device": DEVICE, "attempt": ATTEMPTS[0][0], "text": "PAY/0042", "key": 1}
    names = ("attempt", "order", "register", "amount", "currency")
    attempt = dict(zip(names, ATTEMPTS[0], strict=True))
    made["mac"] = signing.sign_bytes(signing.charge_encoded(made, attempt), KEYS[0][1])
    return [_packed(made), *(line.encode() for line in vectors.load("charges"))]


def _answers() -> list[bytes]:
    return [*_receipts(), *_charges(), _packed({"state": "open", "attempt": ATTEMPTS[0][0]})]


def _posted(path: str, body: bytes, kind: str = _JSON) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 192.0.2.7\r\nContent-Type: {kind}\r\n"
    return b"\x20" + (head + f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def _requests() -> list[bytes]:
    made = http.request("/ask", "backend.example", {"attempt": "00"})
    return [b"\x07" + made, b"\0" + http.response(404, {"error": "x"}), *_endpoint(), *_page()]


def _endpoint() -> list[bytes]:
    got = b"\x11GET /info HTTP/1.0\r\n\r\n"
    return [got, *(_posted("/result", body, "text/plain; a=b") for body in _receipts())]


def _web() -> list[bytes]:
    """Answers of a backend."""
    empty = b"\x02HTTP/1.1 202 \r\nContent-Length: 0\r\n\r\n"
    made = [b"\x20" + http.response(200, json.loads(body)) for body in _answers()]
    return [*made, empty, b"\x01" + http.response(503, {"error": "busy"})]


def packet(first: int, body: bytes) -> bytes:
    """An MQTT packet."""
    size, out = len(body), bytes((first,))
    while size > 127:
        out += bytes((size & 127 | 128,))
        size >>= 7
    return out + bytes((size,)) + body


def _published(topic: bytes, payload: bytes, first: int, number: bytes = b"") -> bytes:
    return packet(first, len(topic).to_bytes(2, "big") + topic + number + payload)


def _broker() -> list[bytes]:
    """What a broker says: to CONNECT and SUBSCRIBE, then messages, an acknowledgement, a ping."""
    open_ = packet(0x20, b"\1\0") + packet(0x90, b"\xff\xff\1\1\1")
    some = b"".join(_published(b"till/D1/result", body, 0x32, b"\0\7") for body in _receipts())
    other = _published(b"till/D1/answer", b"{}", 0x31) + packet(0x40, b"\0\1") + packet(0xD0, b"")
    kept = packet(0x20, b"\1\0") + some + packet(0x90, b"\xff\xff\1\1\1") + other
    long = _published(b"till/D1/result", b"A" * 3000, 0x3A, b"\1\1")
    many = _published(b"till/D1/answer", b"", 0x32, b"\0\2") * 40
    refused = [packet(0x20, b"\0\5"), packet(0x20, b"\1\0") + packet(0x90, b"\xff\xff\1\x80\1")]
    whole = [open_ + one for one in (some, other, long, many)]
    return [b"\x03" + one for one in (*whole, kept, *refused)]


def _times() -> list[bytes]:
    asked = bytes(range(8))
    head = b"\x24\x01" + bytes(22) + asked + bytes(8)
    return [asked + head + seconds + bytes(4) for seconds in (b"\xee\xfd\0\0", b"\1\0\0\0")]


def _all_settings() -> list[dict[str, Any]]:
    more = {
        "broker": "mqtts://broker.example:8883",
        "charges": "backend",
        "rotating": "on",
        "address": "192.0.2.7/24 192.0.2.1 192.0.2.53",
        "time_server": "time.example:123",
        "language": "zh",
        "theme": "dark",
        "text": "large",
        "console": "open",
    }
    return [SETTINGS, {**SETTINGS, **more, "sleep_minutes": 5}]


def _documents() -> list[bytes]:
    made = [line.split("} ")[0].encode() + b"}" for line in vectors.load("documents")]
    made += [_packed({"settings": one}) for one in _all_settings()]
    pieces = [
        _packed({"ca": {"at": at, "size": len(_CA), "data": base64.b64encode(part).decode()}})
        for at, part in ((0, _CA[:200]), (200, _CA[200:]))
    ]
    return [*made, pieces[0], b"\0".join(pieces), b"\0".join((*pieces, made[0]))]


def _forms() -> list[bytes]:
    whole = f"pin={PIN}&wifi_ssid=shop&wifi_password=correct+horse&shop=Caf%C3%A9+%26&language=en"
    return [whole.encode(), b"shop=%3Cscript%3E&language=xx&pin=000000", b"pin=" + PIN.encode()]


def _page() -> list[bytes]:
    kind = "application/x-www-form-urlencoded"
    return [b"\x09GET / HTTP/1.1\r\n\r\n", *(_posted("/", body, kind) for body in _forms())]


def _recovered() -> list[bytes]:
    """The segments after each of some sales, of which one waits for ever."""
    segments = MemorySegments()
    book = Attempts(DEVICE, [], [], journal.Journal(segments))  # type: ignore[arg-type]
    book.open(*ATTEMPTS[0])
    made = []
    for number in range(60):
        attempt = book.open(f"{number:024x}", str(number), "3", 1 + number, "EUR")
        book.end(attempt, "cancelled", "")
        attempt.settled, attempt.transaction = "paid", "T1f"
        attempt.stored = False
        book.keep(attempt)
        book.deliver(attempt)
        if number in (0, 3, 20, 59):
            made.append(segments_of(*segments.data))
    return made


def segments_of(one: bytes, other: bytes) -> bytes:
    """As parsers.kept.recovered takes them."""
    return len(one).to_bytes(2, "big") + one + other


_CORPORA = {
    "recovered": _recovered,
    "frames": _frames,
    "messages": _messages,
    "link": _link,
    "objects": _objects,
    "receipts": _receipts,
    "charges": _charges,
    "answers": _answers,
    "requests": _requests,
    "endpoint": _endpoint,
    "web": _web,
    "broker": _broker,
    "times": _times,
    "forms": _forms,
    "page": _page,
    "documents": _documents,
    "tlvs": taps.tlvs,
    "ndefs": taps.ndefs,
    "taps": taps.taps,
    "reader_frames": taps.frames,
    "tap_words": taps.words,
    "files": lambda: [_packed(one) for one in _all_settings()],
}
