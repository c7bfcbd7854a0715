"""TLS: the context that verifies servers. Nothing here is needed once it is made."""

import ssl


def make_context(ca: bytes) -> ssl.SSLContext:
    """A context that trusts certificates of one CA (DER), for the host they name, while they are
    valid; raises ValueError if there is no certificate in `ca`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]
    try:
        context.load_verify_locations(cadata=ca)
    except OSError as error:  # CPython
        raise ValueError(str(error)) from None
    return context
