"""The reader's chip, a PN532, and what is in its field."""
