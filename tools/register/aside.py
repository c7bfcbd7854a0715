"""For tools that speak on the till line and are not the register: they take no results."""

from tools.register.database import ShopDatabase, StorageError


class NoDatabase(ShopDatabase):
    """Stores nothing, and says so: the display keeps its results for the register."""

    def __init__(self) -> None:
        """Nothing is opened."""

    def record(self, result: dict, device: str) -> str:  # noqa: ARG002
        """Raises StorageError."""
        raise StorageError("this is not the register")

    def sale(self, register: str, order: str) -> None:  # noqa: ARG002
        """It knows of none."""
        return
