"""Accounts and integrations of tenants, and their API keys: the policy. What is stored of them is in `gateway.storage`.

What callers and the operator do with accounts:

    service         registers, lists, changes, enables, authorises, disables and removes accounts
    choosing        what a caller asks of the list of accounts
    enrolment       checks an account that is registered against the contract
    forms           checks a filled-in credential form
    mending         lays what is typed anew over the credentials that are stored
    checks          what can be checked before a bank is asked, while a form is being filled in
    verification    tries new credentials at the bank
    held            compares the account that a bank names with the one that was typed in
    consent         the account holder goes to the bank's page and comes back with a code
    changes         one change of an account at a time, in all processes together
    connect         the sessions in which a person connects an account
    operations      the operator's actions, for all tenants

How statements are read:

    readings        whether the bank is asked, and who shares a reading
    look_ups        looks accounts up in turn
    usable          whether the bank may be asked for an integration
    at_banks        an account as its bank is asked for it
    leases          one reading for all processes
    tokens          one renewal however many callers wait
    stored          answers from the store

What becomes of them:

    recording       records outcomes, by `notes` beside the answers
    refusals        whether a refusal stops an integration or may pass
    suspension      stops asking a bank that has failed for long
    bank_health     how each bank has been doing
    continuity      finds days that a bank has changed before a statement
    restatements    tells of days that a bank has changed
    final_days      what is kept of final days to compare with
    entry_changes   what has changed in the entries since a caller last asked
    settled_parts   the settled entries of a large statement in parts
    hiding          removes our own secrets from failures

What ends by itself, and what is stopped:

    renewals        renews tokens that no statement uses, in the order of an `agenda`
    expiring        credentials that end on a date
    pauses          the operator's pauses of a bank or of one connection

Keys:

    keys            tells whose key came with a request
    key_management  a tenant's keys, managed with one of them
    key_rules       what a key may do with the keys of its tenant
    hashing         what is stored in the place of keys, states and tokens that nobody can guess
"""
