"""Ways of proving that a list is whole: by its totals, by running balances, by closings, by sums, by overlap.

A list that is read in parts can lose, repeat or shift entries between two of them. Each module here holds one kind of
evidence that banks give against what they sent, and raises `IncoherentPages` when the two contradict each other. None
of them knows a bank.
"""
