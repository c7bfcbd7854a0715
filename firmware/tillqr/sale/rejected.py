"""Why a receipt doesn't count."""


class Rejected(Exception):
    """A receipt that doesn't count; `name` says why, and is the counter it raises."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
