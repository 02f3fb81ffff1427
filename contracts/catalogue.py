"""The failure catalogue as strict structs; its one instance is failures.yaml."""

from typing import Annotated

from msgspec import Meta

from contracts.fact import Positive, Strict

__all__ = ["Catalogue", "Failure", "StatementWarning"]


class Failure(Strict, frozen=True, kw_only=True):
    """One row of the failure catalogue."""

    status: Annotated[int, Meta(ge=400, le=599)]
    title: str
    """Portuguese, shown to the user; official titles byte for byte."""
    official: bool = False
    """Whether the title is reproduced from the model integration."""
    remedy: str
    """Portuguese: what to do about it."""
    actor: Annotated[str, Meta(pattern=r"^(user|bank|operator|caller|gateway|nobody)$")]
    retryable: bool
    status_on_timeout: Annotated[int, Meta(ge=400, le=599)] | None = None
    """The HTTP status when the bank gave no answer in time, where that differs."""
    retry_after: Positive | None = None
    """Seconds after which trying again makes sense, unless the bank says otherwise."""
    max_attempts: Positive = 1
    """Attempts in one request, the first included."""
    stops_integration: bool = False
    """Whether the integration needs somebody's action before it can work again."""
    conclusive_in_words: bool = False
    """Whether a bank that says it in words leaves no doubt; else one refusal may be a passing contradiction."""
    scenario: str = ""
    """The simulator's scenario that reproduces it; empty when it is the caller's own doing."""


class StatementWarning(Strict, frozen=True, kw_only=True):
    """One row of the catalogue that comes with a statement, not instead of it."""

    title: str
    remedy: str


class Catalogue(Strict, frozen=True, kw_only=True):
    """The failure catalogue: failures answer with a problem, warnings come in a 200."""

    failures: dict[str, Failure]
    warnings: dict[str, StatementWarning]
