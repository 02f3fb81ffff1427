"""What callers have registered: accounts, the integrations that read them, and how their readings have ended.

    registry      the table of accounts
    integrations  the table of integrations: the credentials with which an account is read, and their state
    consents      consent flows that are under way
    names         the name of an account at its bank, so that none is enabled twice
    respelling    gives accounts of an older version their one spelling
    filters       which accounts are listed
    holders       the companies and persons whose accounts these are
    outcomes      records how readings have ended
    pauses        the operator's pauses
    records       accounts and integrations as frozen structs
    remembered    a bank's failure as it is stored
    tables        the tables, and the condition that an account is the tenant's

Begin with `records` for the values, then with `registry` and `integrations`.
"""
