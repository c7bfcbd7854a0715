"""What is written to a tag: NDEF messages of one record (NFC Forum NDEF 1.0, RTD URI 1.0)."""

_HEAD_SHORT_WELL_KNOWN = 0xD1
_HEAD_WELL_KNOWN = 0xC1
_PREFIXES = {"https://www.": 2, "http://www.": 1, "https://": 4, "http://": 3}


def uri_message(uri: str) -> bytes:
    """The message that holds a URI, its beginning abbreviated."""
    code, rest = 0, uri
    for prefix, number in _PREFIXES.items():
        if uri.startswith(prefix):
            code, rest = number, uri[len(prefix) :]
            break
    return _record(b"U", bytes((code,)) + rest.encode())


def text_message(text: str, language: str = "en") -> bytes:
    """The message that holds a text in UTF-8 (RTD Text 1.0)."""
    return _record(b"T", bytes((len(language),)) + language.encode() + text.encode())


def _record(kind: bytes, payload: bytes) -> bytes:
    if len(payload) < 256:
        return bytes((_HEAD_SHORT_WELL_KNOWN, len(kind), len(payload))) + kind + payload
    return bytes((_HEAD_WELL_KNOWN, len(kind))) + len(payload).to_bytes(4, "big") + kind + payload
