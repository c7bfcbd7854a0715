"""Rounds of attacks, one after the other, on each runtime until there were enough forged bodies."""

import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from tools.attack import rule
from tools.attack.rounds import Round
from tools.attack.tally import CHARGE_REFUSALS, REFUSALS, TAP_REFUSALS, Tally
from tools.attack.target import CHARGE, JUDGE, MEMORY, STATE, TAP, Step, Target, TargetLost

_GROWTH = {"micropython": (4096, "bytes"), "cpython": (1000, "blocks")}
"""By how much memory may grow from the first round to the last, of an empty book each time.
MicroPython may double its table of names once; CPython keeps some of what a module had that is
loaded when it is needed. A block for each forged body would be thousands a round."""


def run(rounds: Iterable[list[Step]], runtimes: Sequence[str], spoil: str = "") -> list[Tally]:
    """Give each runtime the same rounds; spoil: the name of a fault of spoil.py."""
    with ExitStack() as stack:
        targets = [stack.enter_context(Target(runtime, spoil)) for runtime in runtimes]
        pool = stack.enter_context(ThreadPoolExecutor(len(targets)))
        attacks = [_Attack(target) for target in targets]
        for steps in rounds:
            list(pool.map(lambda attack, now=steps: attack.carry_out(now), attacks))
    return [attack.finish() for attack in attacks]


def rounds(forged: int, seed: int) -> Iterator[list[Step]]:
    """Rounds with so many forged bodies in all, or a few more, and what is genuine among them."""
    number = 0
    while forged > 0:
        steps = Round(random.Random(f"{seed}:{number}")).steps(forged)
        yield steps
        forged -= sum(step.sort == rule.FORGED for step in steps)
        number += 1


class _Attack:
    """One target under attack."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._tally = Tally(target.runtime, REFUSALS | CHARGE_REFUSALS | TAP_REFUSALS)
        self._memory: list[int] = []

    def carry_out(self, steps: list[Step]) -> None:
        """Give the target a round and count its answers."""
        try:
            for step, answer in self._target.answers(steps):
                self._take(step, answer)
        except TargetLost as lost:
            self._tally.complain(str(lost))

    def _take(self, step: Step, answer: list) -> None:
        if step.kind in (JUDGE, CHARGE, TAP):
            right = list(step.answer or ())
            self._tally.judged(step.sort, step.group, step.content, answer, right)
        elif step.kind == MEMORY:
            self._memory += answer
        elif step.kind == STATE and answer != step.answer:
            self._tally.complain(f"attempt {step.content!r} is {answer}, not {step.answer}")

    def finish(self) -> Tally:
        """The counts, with a complaint if memory has grown."""
        runtime = self._target.runtime
        if self._memory:
            first, last = self._memory[0], self._memory[-1]
            most, unit = _GROWTH[runtime]
            print(f"{runtime}: memory taken at first {first:,} {unit}, at last {last:,}")
            if last - first > most:
                self._tally.complain(f"memory grew from {first:,} to {last:,}")
        return self._tally
