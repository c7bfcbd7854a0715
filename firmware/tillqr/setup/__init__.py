"""Set-up mode: what a board does that is not set up. Loaded only then, and most of it only while
it is needed: a board has no more memory in this mode than in the other."""
