"""The two sides put together: a connector against its simulated bank, and what must come of it.

Begin with `bench`, on which an adapter is tried, then `checks.levels`, which lists what is demanded of it.

    commands, testing    the suite as commands, and as tests of any bank
    certificate          the checks run on one adapter, and what came of each
    grid                 every fault at every step of every bank
    checks               what is demanded of every adapter, level by level
    bench                one adapter and its simulated bank
    exchanges            the exchanges of a contract, kept by both sides
    comparing            a statement beside the ledger and beside an exchange, and what is likely wrong with it
    harnesses            the ways of running an adapter, and what is seen of it meanwhile
    demands              what falls short
    cases                random ledgers, periods and faults
    files                the files in which a bank is written

Each uses those below it. Only this package and the tests see both sides.
"""
