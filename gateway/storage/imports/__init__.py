"""The daily imports of accounts (the work itself: `gateway.importing`).

    outcomes  how the imports of each account have ended, and the claim of one that is under way
    due       which accounts of all tenants are due
    states    how the imports of one tenant stand
    tables    the table of these

Begin with `outcomes`: `due` and `states` are composed of its conditions.
"""
