"""How a failure shows in a bank's answers."""

import re

from contracts.fact import Evidence, Fact

__all__ = ["Symptom"]


class Symptom(Fact, frozen=True, kw_only=True):
    """One kind of answer by which the bank shows a failure of the catalogue.

    Symptoms are tried in the order of the file; the first that matches names the failure.
    """

    failure: str
    """Code of the failure in the catalogue."""
    at: tuple[str, ...]
    """Kinds of operation (`token`, `statement`, `balance`, ...) or `tls`."""
    status: tuple[int, ...] = ()
    """HTTP statuses of the answer; empty for every status that is not a success."""
    body: str = ""
    """Regular expression searched in the body, ignoring case; empty for any body of the API's own form (JSON)."""
    empty: bool = False
    """Whether an answer without a body shows the failure by its status alone."""
    foreign: bool = False
    """Whether `body` is searched in answers of another form than the API's own, such as a web page."""

    def __post_init__(self) -> None:
        """Check that `empty` and `foreign` rest on evidence.

        Raises:
            ValueError: either is only assumed; or a `foreign` symptom has no `body`, or an `empty` one has.
        """
        if self.foreign and (self.evidence is Evidence.ASSUMED or not self.body):
            raise ValueError("words in a web page or another text have to be named, and observed or documented")
        if self.empty and (self.evidence is Evidence.ASSUMED or self.body):
            raise ValueError("an answer without a body has no text, and has to be observed or documented")

    @property
    def is_asked_about(self) -> bool:
        """Whether its words may stand in an answer only because every question names them.

        Words for the period say nothing else; those for the account do where they are more than assumed.
        """
        assumed = self.evidence is Evidence.ASSUMED
        return self.failure == "period_out_of_range" or (self.failure == "invalid_account" and assumed)

    def matches(self, at: str, status: int, body: str) -> bool:
        """Whether an answer of that status and body, at that kind of operation, shows this symptom."""
        return (
            at in self.at
            and (not self.status or status in self.status)
            and (not self.body or re.search(self.body, body, re.IGNORECASE) is not None)
        )
