"""What was read, and what later readings are compared with.

    stored         statements as they were last read, so that the bank need not be asked again
    stored_values  the values that go into their tables and come from them
    kept_entries   the final entries of each account, by the number of the change that made them so
    kept_values    the values that go into their tables and come from them
    day_digests    digests of the days that a bank gave as final
    day_balances   closing balances of proved days
    given_before   both of some days, as each statement is compared with them
    tables         the tables of these

Begin with `stored`, which answers callers; `kept_entries` answers what has changed since a place.
"""
