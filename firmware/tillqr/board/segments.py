"""The journal's two files on the chip's file system.

littlefs makes what was written to a file part of it when the file is closed, all of it or nothing.
"""

_NAME = "journal.{}"


class Segments:
    """Two files, 0 and 1."""

    def read(self, number: int, buffer: memoryview) -> int:
        """Read a file into a buffer, as far as it takes it: how many bytes. Raises OSError, but not
        where there is no file."""
        try:
            with open(_NAME.format(number), "rb") as file:
                return file.readinto(buffer) or 0
        except OSError as error:
            if error.errno != 2:  # ENOENT
                raise
        return 0

    def append(self, number: int, data: bytes) -> None:
        """Write behind what is there; raises OSError."""
        self._write(number, "ab", data)

    def replace(self, number: int, data: bytes) -> None:
        """Write in the place of what is there; raises OSError."""
        self._write(number, "wb", data)

    def _write(self, number: int, mode: str, data: bytes) -> None:
        with open(_NAME.format(number), mode) as file:
            file.write(data)
