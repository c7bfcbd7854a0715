"""`micropython` on CPython: the decorators do nothing, const is the value.

viper's pointer types become views, so that viper code runs here as plain Python.
"""

import builtins
from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


def const(value: Any) -> Any:
    """A compile-time constant."""
    return value


def kbd_intr(_: int) -> None:
    """Which character interrupts: a simulated board has no keyboard."""


def viper(function: _F) -> _F:
    """Compiled to machine code on the chip."""
    return function


def native(function: _F) -> _F:
    """Compiled to machine code on the chip."""
    return function


def _ptr8(buffer: Any) -> memoryview:
    return memoryview(buffer).cast("B")


def _ptr16(buffer: Any) -> memoryview:
    return memoryview(buffer).cast("B").cast("H")


def _ptr32(buffer: Any) -> memoryview:
    return memoryview(buffer).cast("B").cast("I")


builtins.ptr8 = _ptr8  # type: ignore[attr-defined]
builtins.ptr16 = _ptr16  # type: ignore[attr-defined]
builtins.ptr32 = _ptr32  # type: ignore[attr-defined]
builtins.uint = int  # type: ignore[attr-defined]
