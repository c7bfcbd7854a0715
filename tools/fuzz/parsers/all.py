"""Every parser by its name; neutral."""

from tools.fuzz.parsers import board, cards, kept, line, streams, words

PARSERS = {}
for _part in (line, words, streams, board, kept, cards):
    PARSERS.update(_part.PARSERS)
