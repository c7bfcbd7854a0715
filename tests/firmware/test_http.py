"""HTTP messages: bounded in everything, refused by name."""

from tillqr.net import http


class Reader:
    """A stream that gives out chunks, then its end."""

    def __init__(self, *chunks):
        self._chunks = list(chunks)
        self.read_bytes = 0

    async def read(self, size):
        if not self._chunks:
            return b""
        chunk = self._chunks[0][:size]
        self._chunks[0] = self._chunks[0][size:]
        if not self._chunks[0]:
            self._chunks.pop(0)
        self.read_bytes += len(chunk)
        return chunk


async def refusal(*chunks):
    """Status, name, and bytes read of a message that must be refused."""
    reader = Reader(*chunks)
    try:
        await http.read_message(reader)
    except http.HttpError as error:
        return error.status, error.name, reader.read_bytes
    raise AssertionError("nothing was refused")


async def test_a_request():
    data = http.request("/result", "pay.example", {"a": 1})
    for cut in range(1, len(data), 7):
        message = await http.read_message(Reader(data[:cut], data[cut:]))
        assert message.first == [b"POST", b"/result", b"HTTP/1.1"]
        assert message.media_type == b"application/json"
        assert message.body == b'{"a": 1}' and message.length == 8


async def test_a_response():
    message = await http.read_message(Reader(http.response(404, {"error": "x"})))
    assert message.first[1] == b"404" and message.body == b'{"error": "x"}'


async def test_a_header_without_end_costs_little():
    for flood in (b"A" * 100_000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000):
        status, name, read = await refusal(flood)
        assert (status, name) == (431, "header_too_large")
        assert read <= 1500


async def test_long_lines():
    line = b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n\r\n"
    assert (await refusal(line))[:2] == (414, "line_too_long")
    field = b"GET / HTTP/1.1\r\nX: " + b"a" * 300 + b"\r\n\r\n"
    assert (await refusal(field))[:2] == (431, "header_too_large")


async def test_a_long_body_is_refused_before_it_is_read():
    head = b"POST /result HTTP/1.1\r\nContent-Length: 999999\r\n\r\n"
    status, name, read = await refusal(head, b"x" * 10_000)
    assert (status, name) == (413, "body_too_large")
    assert read == len(head)
    head = b"POST /result HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"
    assert (await refusal(head))[:2] == (413, "body_too_large")


async def test_malformed():
    for head in (
        b"",
        b"\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nContent-Length: 0x3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: x",
    ):
        assert (await refusal(head))[:2] == (400, "malformed"), head


async def test_transfer_encoding_is_refused():
    head = b"POST /result HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await refusal(head))[:2] == (501, "no_transfer_encoding")
