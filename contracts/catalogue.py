"""The failure catalogue as strict structs; its one instance is failures.yaml."""

from typing import Annotated

from msgspec import Meta

from contracts.fact import Positive, Strict

__all__ = ["Catalogue", "Failure", "StatementWarning"]


class Failure(Strict, frozen=True, kw_only=True):
    """One row of the failure catalogue."""

    status: Annotated[int, Meta(ge=400, le=599)]
    title: str
    """Portuguese, shown to the user."""
    official: bool = False
    """Whether the title is that of the model integration, byte for byte."""
    remedy: str
    """Portuguese: what the actor has to do."""
    actor: Annotated[str, Meta(pattern=r"^(user|bank|operator|caller|gateway|nobody)$")]
    """Who has to act."""
    retryable: bool
    """Whether the same request may succeed later without a change by the user."""
    status_on_timeout: Annotated[int, Meta(ge=400, le=599)] | None = None
    """The HTTP status where the bank did not answer in time; None where it is `status` too."""
    retry_after: Positive | None = None
    """Seconds to wait before a retry, unless the bank names a time; None where a retry makes no sense."""
    max_attempts: Positive = 1
    """More than 1 where a call that a 5xx has refused is repeated; how often, the retry policy of the line decides."""
    stops_integration: bool = False
    """Whether the integration stays stopped until a person has acted."""
    conclusive_in_words: bool = False
    """Whether one refusal in the bank's words is proof; otherwise a single one may be a passing contradiction."""
    scenario: str = ""
    """The simulators' scenario that reproduces the failure; empty where the caller causes it."""


class StatementWarning(Strict, frozen=True, kw_only=True):
    """One warning of the catalogue, which comes with a statement and not instead of it."""

    title: str
    remedy: str


class Catalogue(Strict, frozen=True, kw_only=True):
    """The failure catalogue, by code: a failure is answered with a problem, a warning comes in a 200."""

    failures: dict[str, Failure]
    warnings: dict[str, StatementWarning]
