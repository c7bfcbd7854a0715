"""Every parser by its name; neutral."""

from tools.fuzz.parsers import board, line, streams, words

PARSERS = {}
for _part in (line, words, streams, board):
    PARSERS.update(_part.PARSERS)
