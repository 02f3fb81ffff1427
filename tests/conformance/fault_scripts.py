"""Random faults, several at a time, and how a script of them that shows an error is kept as a scenario."""

from hypothesis import strategies as st

from contracts.schema import Contract
from simulators.certify.grid.cells import PAGING, variants
from simulators.scenarios import InjectedFault

__all__ = ["as_scenario", "scripts"]

SOURCE = '''"""Found by trying random faults."""

from simulators.scenarios.scenario import Scenario, InjectedFault

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        name="{name}",
        title="{name}",
        does="Plays a script of faults that showed an error once.",
        expected="{expected}",
        faults=(
{faults}        ),
    ),
)
'''


@st.composite
def scripts(draw: st.DrawFn, contract: Contract) -> tuple[InjectedFault, ...]:
    """One to three faults, each aimed at some calls of one kind; the simplest is one fault at the first call."""
    kinds = sorted({operation.kind.value for operation in contract.operations.values()}, key="statement".__ne__)
    found = []
    for _ in range(draw(st.integers(1, 3))):
        variant = draw(st.sampled_from(variants()))
        on_pages = variant.fault in PAGING or variant.fault == "token_expired"
        found.append(
            InjectedFault(
                fault=variant.fault,
                at="statement" if on_pages else draw(st.sampled_from(kinds)),
                parameters=variant.parameters,
                after=draw(st.integers(0, 4)),
                every=draw(st.integers(1, 3)),
                times=draw(st.sampled_from((1, 2, 0))),
            )
        )
    return tuple(found)


def as_scenario(name: str, script: tuple[InjectedFault, ...], expected: str = "ok") -> str:
    """The source of a scenario that plays the script: what goes into `simulators/scenarios/<name>.py`."""
    faults = "".join(f"            {fault!r},\n" for fault in script)
    return SOURCE.format(name=name, expected=expected, faults=faults)
