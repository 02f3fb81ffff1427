"""What ledgers are made of, and how somebody gives a ledger of their own.

Begin with `simulators.ledger`, which is the ledger of an account.

    entries, books, rows      a movement, the days of a ledger, and a long part of it that is made while it is read
    entry_form                movements as people write them, and what is wrong with them
    own, files, ofx           a ledger of one's own, out of JSON, CSV or OFX
    by_hand                   ledgers given and changed while the banks run, and what is kept of that
    carried                   what a bank's wire cannot carry of a movement
"""
