"""Checks that a list of rows is whole: nothing missing, nothing twice, nothing foreign.

A bank gives its list in pages or days. Between two of them rows can be lost, repeated or shifted. Each check compares
the rows that came with one kind of evidence that banks give about them, and raises `IncoherentPages` when the two
contradict each other:

    counts            the announced number of rows, and ids that must differ
    overlap           ids of rows that stand on two pages, and the announced number
    groups            rows without id, in groups by day
    totals            announced sums of credits and debits, and the balances at both ends
    running_balance   the balance after each row
    chain             the balances before and after each row
    balance_rows      balance rows among the entries
    closing_balances  closing balances of some days

Others decide what the rows alone leave open, and say so where the evidence does not decide it:

    day_balances      opening and closing balances of days, asked for one by one where something is open
    ordering          the order of rows in which their running balances follow from each other
    signs             the direction of rows whose kind is unknown, and whether they are entries
    unlisted          counters and flags that tell of rows which nothing leads to
    repeats           weekend rows that the bank sends again under the next business day

None of them knows a bank or does I/O. None gives the verdict of a statement either: `gateway.statement.assemble` makes
it of the balances that a connector hands over. `digests` finds keys that came twice, without keeping the keys.
"""
