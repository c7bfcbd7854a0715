"""Pairs of escapes in JSON (RFC 8259, 7): the chip's parser takes the halves for two characters.

Few write them, so this is loaded where there are any, and let go.
"""


def joined(text: str) -> str:
    """JSON in which no character is a pair of escapes; raises ValueError where an escape has no
    hex digits, or is a half alone (RFC 7493, 2.1): CPython has no UTF-8 of that."""
    out = ""
    start = 0
    while True:
        at = text.find("\\", start)
        if at < 0:
            return out + text[start:]
        end = at + 2
        if text[at + 1 : end] == "u":
            end = at + 6
            high = int(text[at + 2 : end], 16)
            if 0xD800 <= high < 0xE000:
                low = int(text[end + 2 : end + 6], 16) if text[end : end + 2] == "\\u" else 0
                if high >= 0xDC00 or not 0xDC00 <= low < 0xE000:
                    raise ValueError("half a character")
                out += text[start:at] + _character((high << 10) + low - 0x35FDC00)
                start = end + 6
                continue
        out += text[start:end]
        start = end


def _character(code: int) -> str:
    """A character beyond U+FFFF; chr would keep it for good."""
    four = (0xF0 | code >> 18, 0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63, 0x80 | code & 63)
    return str(bytes(four), "utf-8")
