"""Whether the facts of a contract agree with each other and with the catalogue, which the schema cannot check."""

import re

from contracts.catalogue import Catalogue
from contracts.schema import Contract, OperationKind

__all__ = ["contradictions_of"]

PASSED_OVER = re.compile(r"(?<=[^|(])\\s[*+]|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
"""Parts of a pattern that hold no sign for a repetition, or one of blanks behind something else."""
WITHOUT_BOUND = re.compile(r"[*+]|\{[0-9]*,\}")


def contradictions_of(contract: Contract, catalogue: Catalogue) -> list[str]:
    """One sentence for each contradiction in a contract that satisfies the schema; empty for a consistent one."""
    found = []
    if not any(operation.kind is OperationKind.STATEMENT for operation in contract.operations.values()):
        found.append("no operation reads a statement")
    for name, operation in contract.operations.items():
        found += [
            f"operation {name}: environment {place} has no host {operation.host!r}"
            for place, environment in contract.environments.items()
            if operation.host not in environment.hosts
        ]
        if operation.scope and operation.scope not in contract.authentication.scopes:
            found.append(f"operation {name}: scope {operation.scope!r} is never asked for")
    known = catalogue.failures
    for symptom in contract.symptoms:
        if symptom.failure not in known:
            found.append(f"a symptom names {symptom.failure!r}, which the catalogue does not have")
    enrolment = contract.enrolment
    patterns = [symptom.body for symptom in contract.symptoms]
    patterns += [enrolment.account_pattern, enrolment.branch_pattern, *(each.pattern for each in enrolment.fields)]
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            found.append(f"the pattern {pattern!r} cannot be read: {error}")
    found += [
        f"the pattern {symptom.body!r} repeats something without a bound, as `{{0,40}}` is one: a search for it may "
        "take the square of a text's length"
        for symptom in contract.symptoms
        if WITHOUT_BOUND.search(PASSED_OVER.sub("", symptom.body))
    ]
    return found
