"""A board's NVS: named blobs in flash that outlive a power cut once they are committed."""


class Nvs:
    """Carries out what `esp32.NVS` asks for."""

    def __init__(self, stored: dict[tuple[str, str], bytes]) -> None:
        """stored: what provisioning has written, by namespace and key."""
        self.stored = stored
        """What a power cut leaves."""
        self._staged = dict(stored)

    def start(self) -> None:
        """The chip starts: what was not committed is gone."""
        self._staged = dict(self.stored)

    def answer(self, request: dict) -> str | None:
        """Carry out one call; blobs travel as hexadecimal digits. Raises what the chip would."""
        verb = request["nvs"]
        if verb == "commit":
            self.stored = dict(self._staged)
            return None
        place = (request["space"], request["key"])
        if verb == "set":
            self._staged[place] = bytes.fromhex(request["blob"])
        elif place not in self._staged:
            raise OSError(-4354, "ESP_ERR_NVS_NOT_FOUND")
        elif verb == "erase":
            del self._staged[place]
        else:
            return self._staged[place].hex()
        return None
