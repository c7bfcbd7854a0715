"""Rules that can be broken, to see that the campaign finds it."""

RULES = {}
