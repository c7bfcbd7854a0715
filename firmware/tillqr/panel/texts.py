"""What the customer reads: one file a language, `name=text` lines, looked up when it is drawn.

Nothing of it stays in memory.
"""


class Texts:
    """The texts of one language."""

    def __init__(self, path: str) -> None:
        """Raises OSError if there is no such file."""
        self._file = open(path, "rb")  # noqa: SIM115  (kept open: texts are read when needed)

    def __call__(self, name: str) -> str:
        """The text of a name; the name itself where there is none, so that a gap is seen."""
        wanted = name.encode() + b"="
        self._file.seek(0)
        line = self._file.readline()
        while line:
            if line.startswith(wanted):
                return line[len(wanted) :].rstrip().decode()
            line = self._file.readline()
        return name
