"""As work.py, but libFuzzer chooses (atheris): `python -m tools.fuzz.guided JOB`.

It keeps what reaches another part of the firmware's code, and has the next inputs made of that.
"""

import os
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tillqr"]):
    from tools.fuzz import mutate, work

_OPTIONS = ("-verbosity=0", "-len_control=0", "-timeout=600", "-rss_limit_mb=0")
_CORPUS = "corpus"


def main() -> None:
    """Run until the worker has enough; libFuzzer itself would never return."""
    worker = work.start()
    directory = Path(_CORPUS)
    directory.mkdir()
    for number, octets in enumerate(worker.corpus):
        (directory / str(number)).write_bytes(octets)

    def take(octets: bytes) -> None:
        worker.take(octets)
        if worker.done:
            work.tell(worker.finish())
            os._exit(0)

    def change(octets: bytes, most: int, number: int) -> bytes:
        if number % 5 == 0:
            return atheris.Mutate(octets, most)  # it knows what bytes are compared with
        if number % 5 == 1:
            return worker.mutator.next()
        return worker.mutator.changed(octets)

    options = [*_OPTIONS, f"-seed={worker.seed + 1}", f"-max_len={mutate.FLOOD}"]
    atheris.Setup(["fuzz", _CORPUS, *options], take, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
