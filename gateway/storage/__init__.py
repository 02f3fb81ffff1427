"""Every table, every query, and the vault that encrypts secrets. Nothing else imports SQLAlchemy.

Begin with `database` and `transactions`: a query is a plain function of a session, in a method that is awaited. A
module has the name of the table that it reads and writes; `tables` and the modules `*_tables` declare the columns,
`records` the frozen structs that queries return, `migrations` the steps from one schema to the next.

    accounts, integrations, tokens, consents          what callers have registered, and what banks are asked with
    stored_statements, kept_entries, day_digests      what was read, and what it is compared with later
    imports, due_imports, deliveries, outbox          work that is due, and events to be told
    leases, holds, quotas, changes, server_clock      what the processes that share a database agree on
    tenants, api_keys, tenant_keys, audit             tenants, their keys, and who managed what
    vault, vault_key                                  encryption

A query of a caller names the tenant. Those of `all_tenants`, `tenants` and the rounds are the operator's.
"""
