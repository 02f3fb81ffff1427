"""Webhooks, and the events that are to be told to them (the work itself: `gateway.webhooks`).

    registry    the addresses that tenants want to be called at, with their secrets
    deliveries  the events that are to be told, as a tenant sees them
    outbox      the deliveries of all tenants that are due, for those who send them
    tables      the tables of these

Begin with `deliveries`: `note_event` is part of the transaction that makes an event true.
"""
