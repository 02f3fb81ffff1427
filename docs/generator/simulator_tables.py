"""The tables of scenarios and faults of the simulated banks, for the page for testers."""

from collections.abc import Mapping
from datetime import UTC, datetime

from docs.generator.markdown import code, table
from simulators import faults
from simulators.bank import Bank
from simulators.banks import open_banks
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.scenarios import all_scenarios
from simulators.world import World

__all__ = ["fault_table", "scenario_table"]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""Any instant: which scenarios happen at a bank does not depend on it."""


def scenario_table() -> str:
    """The scenarios that end in a failure: name, code of the failure, and the banks at which they happen."""
    opened = open_banks(World(1, FrozenClock(NOON), Authority()), _unfurnished).banks
    at = {slug: frozenset(bank.scenarios()) for slug, bank in opened.items()}
    rows = []
    for name, each in sorted(all_scenarios().items()):
        if each.expected == "ok":
            continue
        rows.append((code(name), f"[{code(each.expected)}](falhas.md#{each.expected})", _where(at, name)))
    return "\n".join(table(("cenário", "código", "bancos"), rows))


def _where(at: Mapping[str, frozenset[str]], name: str) -> str:
    """The banks at which a scenario happens, or all but those at which it does not, whichever are fewer."""
    present = [slug for slug in at if name in at[slug]]
    absent = [slug for slug in at if name not in at[slug]]
    if len(present) <= len(absent):
        return ", ".join(present)
    return f"todos, menos {', '.join(absent)}" if absent else "todos"


def fault_table() -> str:
    """All faults: name, parameters, and whether a statement must be right all the same."""
    rows = []
    for name in faults.names():
        parameters = ", ".join(code(each["name"]) for each in faults.parameters(name)) or "nenhum"
        rows.append((code(name), parameters, "sim" if faults.fault_class(name).harmless else "não"))
    return "\n".join(table(("falha", "parâmetros", "inofensiva?"), rows))


def _unfurnished(_: Bank) -> None:
    """Open no account."""
