"""What a soak has measured, and whether that is well."""

from dataclasses import dataclass, field
from statistics import linear_regression

MOST_GROWTH = 512
"""Bytes by which the heap may have grown from the first sample to the last: less than what one
attempt takes, so that none can have been kept."""
MOST_SHRINKAGE = 2048
"""Bytes by which its largest free block may have shrunk: where the last screen's objects lay makes
it larger or smaller by half of that, and seldom by twice of it."""
_ENOUGH = 8
"""Samples, of which fewer do not say whether it shrinks."""
MOST_SLOWER = 1.5
"""How much more processor time a sale may take in the last quarter than in the second."""


@dataclass(frozen=True)
class Sample:
    """The board's heap at rest, in bytes."""

    sales: int
    """How many there have been."""
    used: int
    largest: int
    """The largest free block."""
    processor: float
    """Seconds of processor time since the board started."""


@dataclass
class Tally:
    """One soak."""

    samples: list[Sample] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """Of each sale."""
    complaints: list[str] = field(default_factory=list)

    @property
    def growth(self) -> int:
        """Bytes by which a straight line through the samples says that the heap has grown."""
        return self._rise([sample.used for sample in self.samples])

    @property
    def shrinkage(self) -> int | None:
        """The same, by which the largest free block has shrunk; None where there are too few
        samples to say."""
        if len(self.samples) < _ENOUGH:
            return None
        return -self._rise([sample.largest for sample in self.samples])

    def _rise(self, values: list[int]) -> int:
        """By how much the line of least squares rises between the first sample and the last."""
        at = [sample.sales for sample in self.samples]
        return round(linear_regression(at, values).slope * (at[-1] - at[0]))

    @property
    def slower(self) -> float | None:
        """Processor time a sale in the last quarter of samples, by that in the second; None where
        there are too few samples to say."""
        quarter = len(self.samples) // 4
        if not quarter:
            return None
        return self._cost(-quarter - 1, -1) / self._cost(quarter - 1, 2 * quarter - 1)

    def _cost(self, begin: int, end: int) -> float:
        """Processor time a sale between two samples."""
        one, other = self.samples[begin], self.samples[end]
        return (other.processor - one.processor) / (other.sales - one.sales)

    def judge(self) -> None:
        """Complain of what has grown or become slow."""
        if self.growth > MOST_GROWTH:
            self.complaints.append(f"grown by {self.growth} bytes; at most are {MOST_GROWTH}")
        if self.shrinkage is not None and self.shrinkage > MOST_SHRINKAGE:
            words = f"the largest free block has shrunk by {self.shrinkage} bytes"
            self.complaints.append(f"{words}; at most are {MOST_SHRINKAGE}")
        if self.slower is not None and self.slower > MOST_SLOWER:
            self.complaints.append(f"{self.slower:.2f} times slower; at most are {MOST_SLOWER}")

    def report(self) -> list[str]:
        """All of it, in lines; the last one says it in short."""
        first, last = self.samples[0], self.samples[-1]
        lines = [f"{'sales':>8} {'heap used':>10} {'largest free':>13}"]
        lines += [f"{one.sales:>8} {one.used:>10,} {one.largest:>13,}" for one in self.samples]
        used = f"{first.used:,} bytes after {first.sales} sales, {last.used:,} after the last"
        lines.append(f"heap: {used}")
        if self.shrinkage is not None:
            lines.append(f"the largest free block has shrunk by {self.shrinkage}")
        lines.append(f"{len(self.seconds) / sum(self.seconds):.1f} sales a second")
        if self.slower is not None:
            words = f"{self.slower:.2f} times the processor time of the second's"
            lines.append(f"a sale of the last quarter takes {words}")
        lines += self.complaints
        return [*lines, f"soak: {len(self.seconds)} sales, growth {self.growth} bytes"]
