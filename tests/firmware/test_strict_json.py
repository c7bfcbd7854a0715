"""One JSON object: no more brackets than allowed, and characters as RFC 8259 means them."""

from tillqr import strict_json

from tests.support import raises

HALF = chr(0xD83D)


def test_characters_beyond_the_first_plane_may_be_pairs_of_escapes():
    for words in ("\U0001f600", "a\U00010000b", "\U0010ffff\U0001f600", "\u00e9\U0001f600\u4e2d"):
        pairs = ""
        for character in words:
            code = ord(character) - 0x10000
            if code >= 0:
                pairs += "\\u%04x\\u%04X" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
            else:
                pairs += character
        assert strict_json.parse(('{"a": "%s"}' % pairs).encode()) == {"a": words}


def test_what_looks_like_a_pair_is_none():
    parse = strict_json.parse
    assert parse(b'{"a": "\\\\ud83d\\\\ude00"}') == {"a": "\\ud83d\\ude00"}
    assert parse(b'{"a": "\\ud55c\\n\\"", "b": "\\\\"}') == {"a": '\ud55c\n"', "b": "\\"}
    for wrong in (b'{"a": "\\udxyz"}', b'{"a": "\\ud83d\\uxyz0"}', b'{"a": "\\ud8'):
        raises(ValueError, parse, wrong)


def test_lone_halves_are_refused():
    for half in ("\\ud83d", "\\ude00", "\\ude00\\ud83d", "\\ud83dx\\ude00", "\\uD83D\\n"):
        raises(ValueError, strict_json.parse, ('{"a": "%s"}' % half).encode())
    assert not strict_json.is_text(HALF, 0, 40)


def test_what_is_no_object_is_refused():
    for wrong in (b"[]", b"null", b"1", b"", b'{"a":', b"[" * 33 + b"]" * 33):
        raises(ValueError, strict_json.parse, wrong)
    raises(strict_json.BadUtf8, strict_json.parse, b'{"a": "\xff"}')
    deepest = b"[" * 31 + b"]" * 31
    assert len(strict_json.parse(b'{"a": ' + deepest + b"}")["a"]) == 1
    raises(ValueError, strict_json.parse, b'{"a": [' + deepest + b"]}")
