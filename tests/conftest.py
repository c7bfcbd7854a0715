"""Makes CPython enough like MicroPython for the runtime-neutral tests."""

import asyncio
import gc
import inspect

import boot
import hypothesis
import pytest

boot.add_names()
# How long it takes to draw a value is the machine's matter: no test may fail by it.
hypothesis.settings.register_profile(
    "tillqr", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tillqr")


def pytest_collection_finish() -> None:
    """The firmware collects garbage often: not what is pytest's."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Some libraries complain at the end of what is never collected."""
    gc.unfreeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test may be a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True
