"""The daily import: every account whose integration is enabled is read once on each business day.

    days     when an account is imported, which days are read, and when an import that failed is tried again
    account  one account: claimed, read, its outcome recorded
    daily    the rounds that find which accounts are due
    now      everything that is due, imported at once by a command
    working  rounds and queue in this process
    states   how a tenant's imports stand, and requests for missing ones
    figures  metrics

Begin with `days` for the rules and with `account` for the work. Readings are made by `gateway.accounts.reading`.
"""
