"""Why a simulated bank refuses: the rule in words that name what was wanted and what came.

A reason travels with the answer, in an extension that no caller sees; the journal takes it from there. Values of the
caller stand in it cut to a readable length, secrets with their last four characters.
"""

from collections.abc import Iterable

import httpx

__all__ = [
    "because",
    "ending",
    "header_wrong",
    "not_the_account",
    "parameter_wrong",
    "scope_missing",
    "shown",
    "why_of",
    "written_as",
]

EXTENSION = "why"
LONGEST_VALUE = 60
DIRECTIVES = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "hh", "%M": "mm", "%S": "ss"}
"""What a directive of `strptime` is called for people."""


def because(response: httpx.Response, why: str) -> httpx.Response:
    """The answer, with its reason; an empty one leaves the reason that it has."""
    if why:
        response.extensions[EXTENSION] = why
    return response


def why_of(response: httpx.Response) -> str:
    """The reason that an answer carries; empty where it carries none."""
    return str(response.extensions.get(EXTENSION, ""))


def shown(value: str | None) -> str:
    """A value of the caller, cut to a readable length."""
    if not value:
        return "nothing"
    return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"


def ending(value: str | None) -> str:
    """The last four characters of a value that must not be shown whole; none of one that is hardly longer."""
    if not value:
        return "(none)"
    return f"…{value[-4:]}" if len(value) > 2 * len("1234") else "…"


def parameter_wrong(name: str, wanted: str, got: str | None) -> str:
    """The reason for a parameter that is missing or not as it must be."""
    return f"parameter {name}: {wanted}, got {shown(got)}" if got is not None else f"parameter {name} missing: {wanted}"


def header_wrong(name: str, wanted: str, got: str | None) -> str:
    """The reason for a header that is missing or has another value than the one in `wanted`."""
    return f"header {name} missing" if got is None else f"header {name}: must be {wanted}, got {shown(got)}"


def not_the_account(got: str, own: str) -> str:
    """The reason for a call that names another account than the one its credentials belong to."""
    return f"account {shown(got)} is not the caller's account {own}"


def scope_missing(wanted: str, held: Iterable[str]) -> str:
    """The reason for a token without the scope of an operation."""
    return f"scope {wanted} missing: token has {shown(' '.join(held)) if held else 'no scope'}"


def written_as(form: str) -> str:
    """A form of `strptime` as people write it: DDMMYYYY."""
    for directive, name in DIRECTIVES.items():
        form = form.replace(directive, name)
    return form
