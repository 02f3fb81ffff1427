"""The table of supported banks, made from the contracts. `python -m contracts.support` prints it as Markdown."""

import sys
from collections import Counter

import contracts
from contracts.schema import Contract, Evidence, MutualTLS

__all__ = ["page", "table"]

PAGE = """# Supported banks

Made from the contracts by `make support`.

{table}

Facts are counted as observed, documented, assumed; `proof` says whether the bank gives the balances that prove a
statement.
"""

HEAD = ("bank", "COMPE", "channel", "authentication", "paging", "longest request", "proof", "facts: o / d / a")


def table() -> str:
    """The table in Markdown, one row for each bank, in alphabetical order of the slugs."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(contracts.load(slug)) for slug in contracts.banks())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def page() -> str:
    """The page in Markdown: title, table, and what its columns mean."""
    return PAGE.format(table=table())


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
    sys.stdout.write(page())
