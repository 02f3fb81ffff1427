"""The connect page, on which account holders type their credentials themselves.

    sessions  sessions of the page; each of their steps is taken by a single caller
    settings  a tenant's settings of the page
    tables    the tables of both

Begin with `sessions`.
"""
