"""A card in the reader's field."""


class Target:
    """What is known of a card before a command: how it was found."""

    def __init__(self, technology: str, identifier: bytes, sak: int, iso_dep: bool) -> None:
        """technology: "A", "B" or "F"; identifier: UID, PUPI or IDm; sak: of type A only."""
        self.technology = technology
        self.identifier = identifier
        self.sak = sak
        self.iso_dep = iso_dep
