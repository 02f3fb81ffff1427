"""How simulated banks write their rows: from a movement of the ledger to the bank's own fields.

A module here has the slug of a bank and is used by that bank alone. It is optional: a bank whose rows are short writes
them in its own file.
"""
