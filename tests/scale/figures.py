"""What the daily import of one account takes, as `python -m tests.scale.measure` has measured it.

On two processors of an AMD EPYC that others used too, Python 3.11, PostgreSQL 18 on the same machine, eight accounts at
each of twelve banks with some seven entries a day; the middle one of five runs, which differed by a sixth.
"""

__all__ = [
    "BALANCE_BYTES",
    "BANK_SECONDS",
    "CALLS",
    "DATABASE_SECONDS",
    "ENTRIES_PER_DAY",
    "ENTRY_BYTES",
    "FOUND_AGAIN_DATABASE_SECONDS",
    "FOUND_AGAIN_SECONDS",
    "LOG_BYTES",
    "PROCESSOR_SECONDS",
    "SEAL_BYTES",
    "TRANSACTIONS",
]

PROCESSOR_SECONDS = 0.043
"""Of the gateway's processor: eight days are read, compared and stored."""
DATABASE_SECONDS = 0.0086
"""Of PostgreSQL's processors."""
TRANSACTIONS = 11
LOG_BYTES = 23_900
"""Of PostgreSQL's write-ahead log."""

FOUND_AGAIN_SECONDS = 0.0004
"""For a round to find that a due account waits in the queue already. Each process makes rounds of its own."""
FOUND_AGAIN_DATABASE_SECONDS = 0.0001
"""Of PostgreSQL's processors."""

ENTRIES_PER_DAY = 7
ENTRY_BYTES = 1_307
"""One kept entry, with its indexes."""
BALANCE_BYTES = 397
"""The balance of one day."""
SEAL_BYTES = 234
"""The digest of one day."""

CALLS = {
    "banco_do_brasil": {"token": 1, "statement": 1},
    "bradesco": {"token": 1, "statement": 1},
    "bs2": {"token": 1, "statement": 1},
    "btg_pactual": {"token": 1, "accounts": 1, "statement": 1, "balance": 1},
    "cora": {"token": 1, "statement": 1},
    "inter": {"token": 1, "statement": 1, "balance": 2},
    "itau": {"token": 1, "statement": 2},
    "pagseguro": {"statement": 8, "balance": 2},
    "santander": {"token": 1, "statement": 2, "balance": 1},
    "sicoob": {"token": 1, "statement": 1},
    "sicredi": {"token": 1, "statement": 1},
    "stone": {"token": 1, "statement": 3},
}
"""Calls for eight days, by operation. A token serves all accounts of its client."""

BANK_SECONDS = 0.4
"""Assumed: how long a bank takes to answer a call. No bank documents it."""
