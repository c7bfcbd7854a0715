"""HTTP/1.1 as little as the board needs (RFC 9110, 9112), with a limit on everything.

Requests and responses are read into one buffer of fixed size; what doesn't fit is refused
before more of it is read. One message a connection.
"""

import json

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader

_MAX_HEAD = const(1024)
_MAX_LINE = const(256)
MAX_BODY = const(768)
_LENGTHS = (12, 14, 17)
"""Of the names of the fields that are looked at: of most others not even a copy is made."""


class HttpError(Exception):
    """A message that is refused: the status code that answers it, and the error's name."""

    def __init__(self, status: int, name: str) -> None:
        super().__init__(status, name)
        self.status = status
        self.name = name


class Message:
    """A request or response: its first line's three parts, the media type, the body."""

    def __init__(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        if len(lines[0]) > _MAX_LINE:
            raise HttpError(414, "line_too_long")
        self.first = lines[0].split(b" ", 2)
        if len(self.first) != 3:
            raise HttpError(400, "malformed")
        self.length = -1
        self.media_type = b""
        self.body = b""
        for line in lines[1:]:
            self._field(line)

    def _field(self, line: bytes) -> None:
        colon = line.find(b":")
        if len(line) > _MAX_LINE:
            raise HttpError(431, "header_too_large")
        if colon <= 0 or line[colon - 1 : colon] in (b" ", b"\t"):
            raise HttpError(400, "malformed")
        if colon not in _LENGTHS:
            return
        name = line[:colon].lower()
        value = line[colon + 1 :].strip()
        if name == b"content-length":
            if self.length >= 0 or not value.isdigit():
                raise HttpError(400, "malformed")
            self.length = int(value[:9])  # nine digits are more than enough to be refused
        elif name == b"transfer-encoding":
            raise HttpError(501, "no_transfer_encoding")
        elif name == b"content-type":
            self.media_type = value.split(b";")[0].strip().lower()


async def read_message(reader: "StreamReader") -> Message:
    """Read one message; its body is what Content-Length says, MAX_BODY at most.

    Raises HttpError, or OSError if the connection breaks. The caller sets the deadline.
    """
    data = b""
    end = -1
    while end < 0:
        if len(data) > _MAX_HEAD:
            raise HttpError(431, "header_too_large")
        chunk = await reader.read(256)
        if not chunk:
            raise HttpError(400, "malformed")
        data += chunk
        end = data.find(b"\r\n\r\n")
    message = Message(data[:end])
    if message.length > MAX_BODY:
        raise HttpError(413, "body_too_large")
    body = data[end + 4 :]
    while len(body) < message.length:
        chunk = await reader.read(message.length - len(body))
        if not chunk:
            raise HttpError(400, "malformed")
        body += chunk
    message.body = body[: max(0, message.length)]
    return message


def response(status: int, content: dict) -> bytes:
    """A whole response with a JSON body; its reason phrase is empty (RFC 9112, 4)."""
    body = json.dumps(content).encode()
    head = "HTTP/1.1 {} \r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
    head += "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
    return head.format(status, len(body)).encode() + body


def request(path: str, host: str, content: dict, more: bool = False) -> bytes:
    """A whole POST request with a JSON body; more: whether another follows on the connection."""
    body = json.dumps(content).encode()
    head = "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n"
    head += "Content-Length: {}\r\nConnection: {}\r\n\r\n"
    kept = "keep-alive" if more else "close"
    return head.format(path, host, len(body), kept).encode() + body
