"""Tenants and their keys, the record of who managed what, and the operator's queries over all tenants.

    tenants         the tenants, and the removal of one with everything of it
    api_keys        keys as the operator makes and ends them, and the look-up of a caller's key
    tenant_keys     keys as a tenant manages them with one of its own
    audit           the record of management actions
    all_tenants     queries over all tenants, for the operator, the rounds and the start
    vault_rotation  encrypts everything anew when a new vault key has come
    tables          the tables of these

Begin with `tenants`; `audit.note_action` is part of every transaction that changes something.
"""
