"""Queues, slots and locks: everything in the gateway that waits for something else is made of these.

    slots          a limited number at once, shared by tenants and, within a tenant, by its accounts or banks
    keyed          one lock, or one set of slots, for each key, which disappears with its last user
    single_flight  callers with the same key share one task
    shares         the processor's time, shared by tenants
    workers        threads that work on large answers
    names          look-ups of names, in threads of their own
    pacing         rests of these threads, so that others go first
    waiting        the metric of all these waits
    one_per_tick   calls that come at once, made one by one

Nothing here knows a bank, an account or a request. The numbers stand in `gateway.limits`; `docs/waits.md` follows a
statement request through its waits.
"""
