"""The two sides put together: a connector against its simulated bank, and what must come of it.

Only this package and the tests see both sides.

    suite, bench               run the checks on one adapter: begin here
    checks and `*_checks`      what is demanded
    cases                      random ledgers, periods and faults for them
    pure_harness, line_harness an adapter in front of its bank without a line, and behind the whole line in virtual time
    exchanges, played          the exchanges of a contract, in both directions
    compare                    whether a statement equals the ledger
    grid                       every fault at every step of every bank
    report, explain, diagnosis the certificate, and why an adapter falls short
"""
