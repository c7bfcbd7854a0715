"""Runs cases on MicroPython: `drive.py '{"part": 0, "parts": 2, ...}'`.

Prints a line of JSON, behind "@", for each case, and "@done" at the end. The options: "part" and
"parts": of all cases this process takes every parts-th; "groups": which; "names": these cases alone,
each with what it prints; "every": one of so many only; "broken": a rule that is broken, or "".
"""

import json
import sys

from tools.faults.counter import start

start.prepare()

from tools.faults.counter import broken, groups, sale  # noqa: E402  (after the time is virtual)


def main(options):
    """Run them."""
    if options["broken"]:
        broken.RULES[options["broken"]]()
    names = options["names"]
    wanted = {name.split("/")[0] for name in names}
    number = 0
    for name, run, arguments in groups.cases(wanted or options["groups"]):
        if names and name not in names:
            continue
        number += 1
        if number % options["every"] or number // options["every"] % options["parts"] != options["part"]:
            continue
        _report(run(name, *arguments), name, bool(names))


def _report(counter, name, loud):
    if not counter.reached:
        return
    if loud:
        sale.describe(counter)
    seconds = (counter.agenda.now - counter.began) / 1e6
    print("@" + json.dumps([name, counter.end, counter.words, seconds]))


main(json.loads(sys.argv[1]))
print("@done")
