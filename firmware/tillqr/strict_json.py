"""One JSON object from bytes that nobody vouches for.

The chip's parser takes any nesting, and a list costs it many times the two bytes that ask for
it: so brackets are counted before memory is taken.
"""

import json

from micropython import const

_MOST_BRACKETS = const(32)


class BadUtf8(ValueError):
    """The bytes are no UTF-8."""


def parse(data: "bytes | memoryview") -> dict:
    """The object; raises BadUtf8, or ValueError for all that is no (plain) JSON object."""
    try:
        text = str(data, "utf-8")
    except UnicodeError:
        raise BadUtf8() from None
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise ValueError("too many brackets")
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value
