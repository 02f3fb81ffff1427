"""The support table of the README, made from the contracts: `python -m simulators.support README.md` writes it anew."""

import sys
from collections import Counter
from pathlib import Path

import contracts
from contracts.schema import Contract, Evidence, MutualTLS

__all__ = ["BEGIN", "END", "in_text", "table"]

BEGIN, END = "<!-- support table: made by `make support` -->", "<!-- end of the support table -->"

HEAD = ("bank", "COMPE", "channel", "authentication", "paging", "longest request", "proof", "facts: o / d / a")


def table() -> str:
    """The table in Markdown: a row for each bank, in alphabetical order of the slugs."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(contracts.load(slug)) for slug in contracts.banks())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def in_text(text: str) -> str:
    """A text with the table between its two marks written anew.

    Raises:
        ValueError: a mark is missing.
    """
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"the text has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _row(contract: Contract) -> tuple[str, ...]:
    auth, period = contract.authentication, contract.period
    marks = Counter(fact.evidence for fact in contract.facts().values())
    return (
        f"`{contract.slug}`",
        contract.compe,
        contract.product,
        auth.grant.replace("_", " ") + ("" if auth.mutual_tls is MutualTLS.NONE else ", mTLS"),
        contract.paging.style.replace("_", " "),
        f"{period.max_days} days" if period.max_days else "no limit named",
        "yes" if contract.capabilities.period_balances else "no",
        " / ".join(str(marks[evidence]) for evidence in (Evidence.OBSERVED, Evidence.DOCUMENTED, Evidence.ASSUMED)),
    )


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(in_text(Path(name).read_text()))
