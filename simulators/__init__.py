"""The banks, played: a ledger, a clock and twelve dialects."""
