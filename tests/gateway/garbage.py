"""Tells which calls are left as garbage, in circles that only collecting it lets go of."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["calls_left"]


@contextmanager
def calls_left() -> Iterator[list[str]]:
    """The names of the calls, but for those of tests, that are garbage when the block ends; empty until then."""
    names: list[str] = []
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield names
        gc.collect()
        kept = [each.f_code.co_qualname for each in gc.garbage if isinstance(each, FrameType)]
        names += [name for name in kept if "test_" not in name]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
