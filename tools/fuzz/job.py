"""What a process of a campaign is told to do, and what came of it; both travel as JSON."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """A parser's share of a campaign."""

    parser: str
    seed: int
    runs: int
    """Inputs; where seconds are given, any number."""
    seconds: float = 0
    directory: str = "."
    """Where files may be written."""
    spoil: str = ""
    """The name of a fault of spoil.py that is built in."""
    sample: int = 0
    """How many inputs are kept for the other runtime."""
    every: int = 200
    """Of so many inputs one is measured."""
    patience: float = 5.0
    """Seconds of computing until an input's steps are counted."""


@dataclass
class Share:
    """What came of it."""

    parser: str
    inputs: int = 0
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    """What is wrong, and the input in hex; the first of each sort."""
    compared: int = 0
    """How many were judged on MicroPython too."""
    verdicts: int = 0
    """How many different ones there were, up to a limit."""
    memory: int = 0
    """The most bytes that were taken at once."""
    steps: int = 0
    """The most steps, in thousandths of what is allowed."""
    sampled: list[tuple[str, str]] = field(default_factory=list)
    """Inputs in hex and their verdicts."""
