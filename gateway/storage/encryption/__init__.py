"""Encrypts what must not lie readable in the database.

    vault           encrypts values, each together with its owner and purpose
    secret_columns  the columns of those values that cannot be made again
    rotation        encrypts the values of a column anew
    key_check       refuses, at the start, keys that are not those of the database

Begin with `vault`.
"""
