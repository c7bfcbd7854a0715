"""The certificate of the CA that a display verifies servers against (PROTOCOL.md, 10.2).

What a display could only refuse later, in the shop, is found here: a server's own certificate in
the place of its CA's, a whole chain, one that has expired.
"""

import base64
import datetime
import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

MOST = 2048
"""Bytes of a certificate that a display takes, in DER."""
_PIECE = 640


class BadCa(ValueError):
    """A file has no certificate that a display could use; the text says why."""


def read(path: Path) -> bytes:
    """The one certificate in a file of PEM or DER, as DER; raises BadCa."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadCa(f"can't read {path}: {error.strerror}") from None
    certificate = _one(path, data)
    _check(path, certificate)
    return certificate.public_bytes(Encoding.DER)


def _one(path: Path, data: bytes) -> x509.Certificate:
    try:
        if b"-----BEGIN" not in data:
            return x509.load_der_x509_certificate(data)
        found = x509.load_pem_x509_certificates(data)
    except ValueError:
        raise BadCa(f"{path} has no certificate in PEM or DER") from None
    if len(found) != 1:
        raise BadCa(
            f"{path} has {len(found)} certificates; a display takes one: that of the CA, which is "
            "the last in a chain, or not in it"
        )
    return found[0]


def _check(path: Path, certificate: x509.Certificate) -> None:
    size = len(certificate.public_bytes(Encoding.DER))
    if size > MOST:
        raise BadCa(f"the certificate in {path} has {size} bytes; a display takes {MOST} at most")
    if certificate.not_valid_after_utc < datetime.datetime.now(datetime.UTC):
        raise BadCa(
            f"the certificate in {path} has expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
    if not _may_sign(certificate) and certificate.issuer != certificate.subject:
        raise BadCa(
            f"the certificate in {path} is a server's; a display needs its CA's, which signed it"
        )


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether it says of itself that it is a CA's; one of version 1 can't."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1
    return bool(found.value.ca)


def pieces(der: bytes) -> list[dict]:
    """A certificate as a display takes it, a document each."""
    return [
        {
            "ca": {
                "at": at,
                "size": len(der),
                "data": base64.b64encode(der[at : at + _PIECE]).decode(),
            }
        }
        for at in range(0, len(der), _PIECE)
    ]


def fingerprint(der: bytes) -> str:
    """By which a certificate is told from another: its SHA-256."""
    return hashlib.sha256(der).hexdigest()
