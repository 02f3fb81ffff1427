"""Keeps libraries from being loaded that other libraries load if installed, and that a server does not use."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["UNWANTED", "hidden"]

UNWANTED = ("annotated_types", "attr", "attrs", "greenlet", "pydantic", "pygments", "rich")
"""`structlog` and `httpx` load `rich` and `pygments` to draw on terminals, and `structlog` loads `greenlet` for code
that runs in greenlets, which nothing here does; `litestar` loads the others for those who write their bodies with them.
Together they cost a sixth of the start and 16 MB."""


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Within the context, importing these libraries fails as it does where they are not installed."""
    known = {name: sys.modules.get(name) for name in names}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type] # None is Python's own sign of such a name
    try:
        yield
    finally:
        for name, module in known.items():
            if module is None:
                sys.modules.pop(name)
            else:
                sys.modules[name] = module
