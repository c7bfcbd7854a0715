"""Pairs of escapes in JSON (RFC 8259, 7): the chip's parser takes the halves for two characters.

Few write them, so this is loaded where there are any, and let go.
"""


def joined(text: str) -> str:
    """JSON in which no character is a pair of escapes; raises ValueError where an escape has no
    hex digits."""
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
            if 0xD800 <= high < 0xDC00 and text[end : end + 2] == "\\u":
                low = int(text[end + 2 : end + 6], 16)
                if 0xDC00 <= low < 0xE000:
                    out += text[start:at] + _character((high << 10) + low - 0x35FDC00)
                    start = end + 6
                    continue
        out += text[start:end]
        start = end


def _character(code: int) -> str:
    """A character beyond U+FFFF; chr would keep it for good."""
    four = (0xF0 | code >> 18, 0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63, 0x80 | code & 63)
    return str(bytes(four), "utf-8")
