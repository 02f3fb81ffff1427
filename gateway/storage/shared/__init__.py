"""What the processes that share a database agree on, so that none spends what another is spending.

    tokens   tokens of accounts, and who renews one
    leases   who reads with credentials; the others wait for its statement
    changes  who changes an account
    quotas   the calls to banks that document a limit
    holds    the pauses that the other banks have asked for
    tables   the tables of these

Begin with `tokens`: every change is one SQL statement that names what it was decided on, as in the others.
"""
