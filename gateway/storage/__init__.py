"""Every table, every query, and the vault that encrypts secrets. Nothing else imports SQLAlchemy.

Begin with `engine.database` and `engine.transactions`: a query is a plain function of a connection, in a method that is
awaited. Each package has the columns of its tables in its module `tables`; queries return frozen structs.

    engine      opens the database, brings its tables to the newest schema, and runs transactions
    encryption  the vault, and the check that its keys are those of the database
    management  tenants, their keys, who managed what, and the operator's queries over all tenants
    accounts    what callers have registered, and how its readings have ended
    connect     the connect page: its settings and its sessions
    statements  what was read: entries, statements, and what later readings are compared with
    imports     the daily imports: which are due, and how they ended
    webhooks    who is told of events, and the deliveries that are due
    shared      what the processes that share a database agree on: tokens, leases, quotas, holds, changes
    migrations  the steps from one schema to the next

A query of a caller names the tenant. The operator's queries and those of the rounds are in `management.tenants`,
`management.api_keys`, `management.all_tenants`, `accounts.pauses`, `imports.due` and `webhooks.outbox`.
"""
