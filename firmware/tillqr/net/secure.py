"""TLS: the context that verifies servers. Nothing here is needed once it is made."""

import sys

from micropython import const

_MICROPYTHON = sys.implementation.name == "micropython"
if _MICROPYTHON:
    import tls  # the chip's ssl is made of it, and takes a kilobyte of memory more
else:
    import ssl as tls  # type: ignore[no-redef]

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from ssl import SSLContext


def make_context(ca: bytes) -> "SSLContext":
    """A context that trusts certificates of one CA (DER), for the host they name, while they are
    valid; raises ValueError if there is no certificate in `ca`."""
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED  # type: ignore[attr-defined]
    if _MICROPYTHON:
        context.load_verify_locations(ca)
        return context
    try:
        context.load_verify_locations(cadata=ca)
    except OSError as error:
        raise ValueError(str(error)) from None
    return context
