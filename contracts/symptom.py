"""How a failure shows on a bank's wire."""

import re

from contracts.fact import Evidence, Fact

__all__ = ["Symptom"]


class Symptom(Fact, frozen=True, kw_only=True):
    """How one failure of the catalogue shows on the bank's wire.

    Symptoms are tried in the order of the file; the first that matches names the failure.
    """

    failure: str
    at: tuple[str, ...]
    """Kinds of operation (`token`, `statement`, `balance`, ...) or `tls`."""
    status: tuple[int, ...] = ()
    """HTTP statuses; empty for any status that is not a success."""
    body: str = ""
    """Regular expression searched in the body, without regard to case; empty for any body of the API's own form."""
    empty: bool = False
    """Whether the answer may come without a body, so that its status alone shows the failure."""
    foreign: bool = False
    """Whether the words of `body` come in another form than the API's own, such as a web page."""

    def __post_init__(self) -> None:
        """Refuse a silence or a page that nobody has seen.

        Raises:
            ValueError: the answer without a body or of another form is only assumed, or its text is not the point.
        """
        if self.foreign and (self.evidence is Evidence.ASSUMED or not self.body):
            raise ValueError("words in a web page or another text have to be named, and observed or documented")
        if self.empty and (self.evidence is Evidence.ASSUMED or self.body):
            raise ValueError("an answer without a body has no text, and has to be observed or documented")

    def matches(self, at: str, status: int, body: str) -> bool:
        """Whether an answer of that status and body, at that kind of operation, shows this symptom."""
        return (
            at in self.at
            and (not self.status or status in self.status)
            and (not self.body or re.search(self.body, body, re.IGNORECASE) is not None)
        )
