"""Accounts and integrations of tenants, and their API keys: the policy. What is stored of them is in `gateway.storage`.

Each package may use those below it in this list, and none above it (`layers` in pyproject.toml):

    connect     sessions in which a person connects an account on a page
    registered  what callers and the operator do with registered accounts
    enrolment   an account is registered, and its credentials are checked and tried at the bank
    reading     statements are read: whether the bank is asked, and who shares a reading
    access      what a bank is asked with: tokens and credentials
    recording   what is recorded of statements, and what can be told by it later
    states      whether a bank may be asked, and how a bank or an integration has been doing

    banks       contracts of the banks that are named
    changes     one change of an account at a time, in all processes together

API keys know no account:

    keys        made, recognised, managed
    hashing     the hash that is stored instead of a key, a state or a token
"""
