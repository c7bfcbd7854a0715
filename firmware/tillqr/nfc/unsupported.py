"""The word for a card that can't pay here."""


class Unsupported(Exception):
    """It is no card that pays; args[0] is the name of what is to be said.

    "card_unsupported": another kind of card; "phone_locked": a phone that must be unlocked first.
    """
