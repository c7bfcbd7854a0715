"""Runs the runtime-neutral tests of one file on MicroPython: `micropython tests/run_neutral.py M`.

Prints a line a test and "N passed, N failed" at the end; fails if any test failed or none ran.
"""

import asyncio
import sys


def main(name):
    """Run every test_ function of a module."""
    module = __import__("tests.firmware." + name, None, None, ["x"])
    passed = failed = 0
    for test in sorted(dir(module)):
        if not test.startswith("test_"):
            continue
        try:
            result = getattr(module, test)()
            if result is not None:
                asyncio.run(result)
        except Exception as error:
            failed += 1
            print("FAILED", test)
            sys.print_exception(error)
        else:
            passed += 1
            print("passed", test)
    print(passed, "passed,", failed, "failed")
    return 0 if passed and not failed else 1


sys.path.pop(0)  # this file's directory: its host_sim has the tests of the bench
sys.exit(main(sys.argv[1]))
