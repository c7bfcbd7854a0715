"""Diagnosis: what is wrong with a server that TLS fails with; loaded when there is something."""

import asyncio

from micropython import const

from tillqr.net.server import close

_HUNG_UP = (104, -29312)  # ECONNRESET, MBEDTLS_ERR_SSL_CONN_EOF
_NO_MEMORY = const(12)  # ENOMEM
_REFUSED = const(111)  # ECONNREFUSED
_KNOCK_S = const(1)

# What the errors of mbedTLS (MicroPython) and OpenSSL (CPython) say, and what it means.
_WORDS = """\
signed by the trusted CA|local issuer|self-signed|tls_untrusted
has expired|tls_expired
expected CN|Hostname mismatch|IP address mismatch|tls_wrong_host
INVALID_RECORD|WRONG_VERSION|tls_no_tls
SSL|certificate|tls_failed"""


def of(error: Exception) -> "tuple[str, bool]":
    """The name of what an error says (PROTOCOL.md, 4.1), or "" if it says nothing of TLS; and
    whether the server has hung up."""
    words = str(error)
    for line in _WORDS.split("\n"):
        *parts, name = line.split("|")
        for part in parts:
            if part in words:
                return name, False
    number = getattr(error, "errno", 0)
    if number == _NO_MEMORY:
        return "no_memory", False
    return "", isinstance(error, EOFError) or number in _HUNG_UP


async def knock(address: str, port: int) -> None:
    """Connect without a word; raises OSError if nobody listens."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        await asyncio.wait_for(reader.read(1), _KNOCK_S)
    except asyncio.TimeoutError:
        pass  # it waits for the client: it listens
    except OSError:
        raise OSError(_REFUSED) from None
    finally:
        await close(writer)
