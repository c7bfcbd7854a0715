"""A directory that one command has to itself while it runs."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class DirectoryError(RuntimeError):
    """The directory can't be used, or another has it; the text says which."""


@contextlib.contextmanager
def sole_use(directory: Path) -> Iterator[None]:
    """Make the directory, and keep others out of it; raises DirectoryError.

    The directory itself is locked, so nothing is left in it when a process is killed.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise DirectoryError(f"can't use the directory {directory}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        words = f"another run uses {directory}; name another with --directory (make: DIRECTORY=)"
        raise DirectoryError(words) from None
    try:
        yield
    finally:
        os.close(handle)
