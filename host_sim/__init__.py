"""The bench: everything around a display, so that its firmware runs here unmodified."""
