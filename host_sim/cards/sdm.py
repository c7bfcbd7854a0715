"""Secure dynamic messaging of the NTAG 424 DNA: its keys and MACs (NXP AN12196, 3.3 and 3.4).

What a tag computes; host_sim/gateway/sun.py, which checks it, has its own.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

_PICC_DATA_TAG = 0xC7
"""UID and counter are both there, and the UID has seven bytes (AN12196, table 1)."""
_SESSION_MAC = bytes.fromhex("3cc300010080")
"""SV2 begins so (AN12196, 3.4.4)."""


def picc_data(key: bytes, uid: bytes, counter: int, padding: bytes) -> bytes:
    """UID and counter, encrypted under SDMMetaReadKey: 16 bytes; padding: 5 random ones."""
    plain = bytes((_PICC_DATA_TAG,)) + uid + counter.to_bytes(3, "little") + padding
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return cipher.update(plain) + cipher.finalize()


def mac(key: bytes, uid: bytes, counter: int, covered: bytes) -> bytes:
    """SDMMAC over a part of the file, under a key that SDMFileReadKey gives for this reading."""
    session = _cmac(key, _SESSION_MAC + uid + counter.to_bytes(3, "little"))
    return _cmac(session, covered)[1::2]


def _cmac(key: bytes, data: bytes) -> bytes:
    made = CMAC(algorithms.AES(key))
    made.update(data)
    return made.finalize()
