"""Runs cases on MicroPython: `drive.py '{"part": 0, "parts": 2, ...}'`.

Prints a line of JSON, behind "@", for each case, and "@done" at the end. The options: "part" and
"parts": of all cases this process takes every parts-th; "only": names of cases, or how they begin
up to a slash; "every": one of so many only; "broken": a rule that is broken, or ""; "loud": what
happened is told too.
"""

import json
import sys

from tools.faults.counter import start

start.prepare()

from tools.faults.counter import broken, groups, sale  # noqa: E402  (the time is virtual by now)


def main(options):
    """Run them."""
    if options["broken"]:
        broken.RULES[options["broken"]]()
    number = -1
    for name, run, arguments in groups.cases(options["only"]):
        number += 1
        turn, rest = divmod(number, options["every"])
        if rest == 0 and turn % options["parts"] == options["part"]:
            _report(run(name, *arguments), name, options["loud"])


def _report(counter, name, loud):
    if not counter.reached:
        return
    if loud:
        sale.describe(counter)
    seconds = (counter.agenda.now - counter.began) / 1e6
    crashes = counter.world.crashes
    print("@" + json.dumps([name, counter.end, counter.words, seconds, crashes]))


main(json.loads(sys.argv[1]))
print("@done")
