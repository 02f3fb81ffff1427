"""What several callers share: every queue, every slot and every lock of the gateway is made of these.

    slots          so many at once, shared by tenants and, within a tenant, by its accounts or banks
    keyed          one lock, or one set of slots, for each key, which disappears with its last user
    single_flight  callers with the same key share one task
    shares         the processor's time, shared by tenants
    workers        threads that work on large answers and let others go first (pacing)
    waiting        the metric of all these waits
    one_per_tick   calls that come at once, made one by one

Nothing here knows a bank, an account or a request. The numbers stand in `gateway.limits`, the way of a statement
request through all of it in `docs/waits.md`.
"""
