"""Named situations with their expected outcome: one small file each, found by name.

A scenario is chosen by the credentials of an account that lives in it, so that parallel runs do not disturb each
other. Which banks a scenario can happen at follows from what those banks say they can refuse.
"""

import pkgutil
from functools import cache
from importlib import import_module

from simulators.scenarios.scenario import Need, Scenario, Strike

__all__ = ["Need", "Scenario", "Strike", "all_scenarios", "scenario"]


@cache
def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name."""
    found: dict[str, Scenario] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name != "scenario":
            value = import_module(f"{__name__}.{module_info.name}").SCENARIO
            if value.name != module_info.name:
                raise ValueError(f"scenario {value.name} is in the file {module_info.name}.py")
            found[value.name] = value
    return found


def scenario(name: str) -> Scenario:
    """A scenario by name.

    Raises:
        KeyError: there is no such scenario.
    """
    return all_scenarios()[name]
