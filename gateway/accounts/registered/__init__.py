"""What callers and the operator do with registered accounts.

accounts    callers list, look at and change accounts
removal     callers disable integrations and remove accounts
operations  the operator's actions, for all tenants
"""
