"""What callers and the operator do with accounts.

service     callers' actions: register, list, change, enable, authorise, disable, remove
choosing    what a caller asks of the list of accounts
operations  the operator's actions, for all tenants
"""
