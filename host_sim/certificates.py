"""Certificates for TLS on the bench: a CA of its own, and servers' certificates, right and wrong.

The keys are on elliptic curves, as a chip verifies those sooner than RSA's.
"""

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from host_sim.service import LOOPBACK

OWN_NAMES = (LOOPBACK, "localhost")
"""The names of whatever the bench serves."""
OTHER_NAMES = ("other.example",)
"""A name that nothing on the bench has."""
_EC = trustme.KeyType.ECDSA


@dataclass(frozen=True)
class Certificate:
    """A server's certificate with its chain and its key, both as PEM."""

    chain: bytes
    key: bytes

    def context(self) -> ssl.SSLContext:
        """What a server of this process serves with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with trustme.Blob(self.key + self.chain).tempfile() as path:
            context.load_cert_chain(path)
        return context

    def write(self, directory: Path) -> tuple[Path, Path]:
        """Write it for a server that wants files: those of the chain and of the key."""
        chain, key = directory / "server.pem", directory / "server.key"
        chain.write_bytes(self.chain)
        key.write_bytes(self.key)
        key.chmod(0o600)
        return chain, key


class Authority:
    """A CA, which whoever was given its certificate trusts."""

    def __init__(self) -> None:
        self._ca = trustme.CA(key_type=_EC)

    @property
    def der(self) -> bytes:
        """Its certificate as a board keeps it."""
        return x509.load_pem_x509_certificate(self.pem).public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """Its certificate as a PC keeps it."""
        return self._ca.cert_pem.bytes()

    def trusting(self) -> ssl.SSLContext:
        """What a client of this process connects with: it believes this CA and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.pem.decode())
        return context

    def certificate(self, *names: str, expired: bool = False) -> Certificate:
        """A server's certificate, of the bench's own names unless told others."""
        past = datetime.datetime.now() - datetime.timedelta(days=1)
        issued = self._ca.issue_cert(
            *(names or OWN_NAMES), key_type=_EC, not_after=past if expired else None
        )
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return Certificate(chain, issued.private_key_pem.bytes())


SERVED = ("right", "expired", "wrong_host", "untrusted", "no_tls")
"""What the bench's servers may show, by what is wrong with it."""


def served(kind: str, authority: Authority) -> Certificate | None:
    """The certificate of one of SERVED, for who trusts that CA; None where there is no TLS."""
    if kind == "no_tls":
        return None
    if kind == "untrusted":
        return Authority().certificate()
    if kind == "wrong_host":
        return authority.certificate(*OTHER_NAMES)
    if kind not in SERVED:
        raise ValueError(f"no such certificate: {kind!r}")
    return authority.certificate(expired=kind == "expired")


def trusting_all() -> ssl.SSLContext:
    """What a client connects with that verifies nothing: for the bench's own other side of a
    server that shows a wrong certificate to the display."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
