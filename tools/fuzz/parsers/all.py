"""Every parser by its name; neutral."""

from tools.fuzz.parsers import board, kept, line, streams, words

PARSERS = {}
for _part in (line, words, streams, board, kept):
    PARSERS.update(_part.PARSERS)
