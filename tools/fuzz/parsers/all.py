"""Every parser by its name; neutral."""

from tools.fuzz.parsers import board, cards, kept, line, reader, streams, words

PARSERS = {}
for _part in (line, words, streams, board, kept, cards, reader):
    PARSERS.update(_part.PARSERS)
