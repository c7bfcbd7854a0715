"""Application cryptograms with Triple DES (EMV 4.3 Book 2, 8.1 and Annex A1).

A card computes one over the payment's data, its issuer the same; nobody without the card's key can.
"""

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

_BLOCK = 8
ISSUER_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
"""The test issuer's master key: whoever reads this may make its cards."""
COVERED = (0x9F02, 0x9F03, 0x9F1A, 0x95, 0x5F2A, 0x9A, 0x9C, 0x9F37, 0x82, 0x9F36, 0x9F10)
"""The data objects that a cryptogram is over, in their order (cryptogram version 18)."""


def card_key(issuer_key: bytes, pan: str, sequence: str = "00") -> bytes:
    """A card's key, of its issuer's and its number of at most 16 digits (A1.4.1, option A)."""
    block = bytes.fromhex((pan + sequence)[-16:].rjust(16, "0"))
    turned = bytes(byte ^ 0xFF for byte in block)
    return _triple(issuer_key, block) + _triple(issuer_key, turned)


def session_key(key: bytes, counter: bytes) -> bytes:
    """The key of one transaction, of the card's and its ATC (A1.3.1)."""
    halves = (counter + marked + bytes(5) for marked in (b"\xf0", b"\x0f"))
    return b"".join(_triple(key, half) for half in halves)


def cryptogram(session: bytes, data: bytes) -> bytes:
    """The MAC over data: ISO/IEC 9797-1 algorithm 3, padding method 2 (A1.2.1)."""
    padded = data + b"\x80"
    padded += bytes(-len(padded) % _BLOCK)
    left, right = session[:_BLOCK], session[_BLOCK:]
    chain = bytes(_BLOCK)
    for at in range(0, len(padded), _BLOCK):
        block = bytes(a ^ b for a, b in zip(chain, padded[at : at + _BLOCK], strict=True))
        chain = _triple(left * 2, block)
    return _triple(left * 2, _triple(right * 2, chain, back=True))


def of_transaction(key: bytes, objects: dict[int, bytes]) -> bytes:
    """The cryptogram of a card over a transaction's data objects, by their tags."""
    data = b"".join(objects[tag] for tag in COVERED)
    return cryptogram(session_key(key, objects[0x9F36]), data)


def _triple(key: bytes, block: bytes, back: bool = False) -> bytes:
    """Triple DES with two keys, on one block; with both the same it is DES."""
    cipher = Cipher(TripleDES(key + key[:_BLOCK]), modes.ECB())
    worker = cipher.decryptor() if back else cipher.encryptor()
    return worker.update(block) + worker.finalize()
