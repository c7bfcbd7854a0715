"""The built-in reader: a PN532, and what customers hold to it."""
