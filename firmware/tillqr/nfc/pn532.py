"""What a reader of cards may raise."""


class ReaderError(Exception):
    """The reader itself failed; args[0] is a name."""


class CardError(Exception):
    """A card failed; args[0] is "card_gone", "card_error" or "card_nak"."""
