"""Where the packages of this distribution lie, and whether this process would find them."""

import sys
from importlib.util import find_spec
from pathlib import Path

__all__ = ["OWN", "ROOT", "ShadowedError", "require_own_packages"]

OWN = Path(__file__).resolve().parent.parent
"""The folder in which this package is."""
ROOT = OWN if (OWN / "simulators").is_dir() else OWN.parent.parent
"""The folder in which `contracts`, `gateway` and `simulators` are: the same in an installation, another one in a
checkout."""


class ShadowedError(ImportError):
    """The project that is tested has a module of the same name as one that is needed in the process."""


def require_own_packages() -> None:
    """Make sure that `contracts` and `simulators` mean those of this distribution.

    Raises:
        ShadowedError: they mean those of the project that is tested.
    """
    for name in ("contracts", "simulators"):
        module = sys.modules.get(name)
        spec = module.__spec__ if module is not None else find_spec(name)
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        found = spec.origin if spec is not None and spec.origin else next(iter(places), "nowhere")
        if not any(Path(place).resolve() == ROOT / name for place in places):
            raise ShadowedError(
                f"the module {name!r} of this project ({found}) hides the one that plays banks in the test's own "
                "process; use the fixture bank_account, whose banks are served by a process of their own"
            )
