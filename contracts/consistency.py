"""Whether the facts of a contract agree with each other and with the catalogue, which the schema cannot check."""

import re
from difflib import get_close_matches

from contracts.catalogue import Catalogue
from contracts.schema import Contract, Grant, OperationKind

__all__ = ["contradictions_of", "unknown_failure"]

PASSED_OVER = re.compile(r"(?<=[^|(])\\s[*+]|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
"""Parts of a pattern that hold no sign for a repetition, or one of blanks behind something else."""
WITHOUT_BOUND = re.compile(r"[*+]|\{[0-9]*,\}")


def contradictions_of(contract: Contract, catalogue: Catalogue) -> list[str]:
    """One sentence for each contradiction in a contract that satisfies the schema; empty for a consistent one.

    Each begins with the dotted path of its key, and says what to do.
    """
    found = []
    if not any(operation.kind is OperationKind.STATEMENT for operation in contract.operations.values()):
        found.append("operations: no operation reads a statement; one has to be of the kind `statement`")
    found += [
        f"operations.{name}.scope: scope {operation.scope!r} is never asked for; authentication.scopes has to name it"
        for name, operation in contract.operations.items()
        if operation.scope and operation.scope not in contract.authentication.scopes
    ]
    if contract.authentication.grant is Grant.AUTHORIZATION_CODE and contract.authorization is None:
        found.append("authentication.grant: with authorization_code, `authorization` has to say where the page is")
    roles = {f"operations.{name}.host": operation.host for name, operation in contract.operations.items()}
    if contract.authorization is not None:
        roles["authorization.host"] = contract.authorization.host
    found += [
        f"{key}: environment {place} has no host {role!r}; environments.{place}.hosts has "
        f"{' and '.join(environment.hosts)}"
        for key, role in roles.items()
        for place, environment in contract.environments.items()
        if role not in environment.hosts
    ]
    found += [
        f"symptoms.{number}.failure: {unknown}"
        for number, symptom in enumerate(contract.symptoms)
        if (unknown := unknown_failure(symptom.failure, catalogue))
    ]
    for key, pattern in _patterns(contract).items():
        try:
            re.compile(pattern)
        except re.error as error:
            found.append(f"{key}: the pattern {pattern!r} cannot be read: {error}")
    found += [
        f"symptoms.{number}.body: the pattern {symptom.body!r} repeats something without a bound, as `{{0,40}}` is "
        "one: a search for it may take the square of a text's length"
        for number, symptom in enumerate(contract.symptoms)
        if WITHOUT_BOUND.search(PASSED_OVER.sub("", symptom.body))
    ]
    return found


def unknown_failure(code: str, catalogue: Catalogue) -> str:
    """That the catalogue has no such failure, and which one is near; empty where it has it."""
    if code in catalogue.failures:
        return ""
    near = get_close_matches(code, catalogue.failures, n=1)
    return f"the catalogue (contracts/failures.yaml) has no {code!r}" + (f"; it has {near[0]!r}" if near else "")


def _patterns(contract: Contract) -> dict[str, str]:
    """The regular expressions of a contract by the dotted paths of their keys."""
    enrolment = contract.enrolment
    return {
        **{f"symptoms.{number}.body": symptom.body for number, symptom in enumerate(contract.symptoms)},
        "enrolment.account_pattern": enrolment.account_pattern,
        "enrolment.branch_pattern": enrolment.branch_pattern,
        **{f"enrolment.fields.{number}.pattern": field.pattern for number, field in enumerate(enrolment.fields)},
    }
