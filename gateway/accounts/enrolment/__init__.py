"""An account is registered, and new credentials take the place of none or of old ones.

Callers' actions:

    enrolling     an account is registered, and enabled with credentials
    authorising   a consent flow is ended: its code is redeemed and enables

What is typed is checked before a bank is asked:

    details       what was typed of an account, against the contract
    forms         a filled-in credential form
    mending       what is typed anew, laid over the credentials that are stored

The bank is asked:

    consent       the account holder goes to the bank's page and comes back with a code
    verification  new credentials are tried at the bank
    held          the account that a bank names, compared with the one that was typed in
    replacement   what the bank has accepted takes its place
"""
