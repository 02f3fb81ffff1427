"""A statement held against what is true of it.

Begin with `with_ledger`: most checks end there.

    with_ledger      whether a statement equals the ledger, in all that the bank's wire can express
    with_exchange    whether entries and answers are what an exchange shows
    diagnosis        what an adapter likely did wrong where they differ
"""
