"""Named situations with their expected outcome, in tables: each module here but `scenario` has some, as `SCENARIOS`.

A scenario is chosen by the credentials of an account that lives in it, so that parallel runs do not disturb each
other. Which banks a scenario can happen at follows from what those banks say they can refuse.
"""

import pkgutil
from functools import cache
from importlib import import_module

from simulators.scenarios.scenario import InjectedFault, Need, Scenario

__all__ = ["InjectedFault", "Need", "Scenario", "all_scenarios", "scenario"]


@cache
def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name, in alphabetical order.

    Raises:
        ValueError: two have the same name.
    """
    found: dict[str, Scenario] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name != "scenario":
            for each in import_module(f"{__name__}.{module_info.name}").SCENARIOS:
                if each.name in found:
                    raise ValueError(f"there are two scenarios {each.name!r}, one of them in {module_info.name}.py")
                found[each.name] = each
    return dict(sorted(found.items()))


def scenario(name: str) -> Scenario:
    """A scenario by name.

    Raises:
        KeyError: there is no such scenario.
    """
    return all_scenarios()[name]
