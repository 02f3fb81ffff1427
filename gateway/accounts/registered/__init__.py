"""What callers and the operator do with registered accounts.

accounts    callers list, look at, change, disable and remove accounts
operations  the operator's actions, for all tenants
"""
