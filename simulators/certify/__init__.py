"""The two sides put together: a connector against its simulated bank, and what must come of it.

Only this package and the tests see both sides.

    suite, bench                the checks run on one adapter: begin here
    commands, testing, watch    the suite as commands, as tests, and again and again while an adapter is written
    checks                      what is demanded of every adapter, level by level
    pure_checks, kind_checks    that it only computes, and that it keeps rows with unknown words
    word_checks, shown_fields   that it drops no word of the bank, and that exchanges show every field
    fault_checks                that faults change something; what then must come: `resilient_checks`, `breaking_checks`
    polite_checks, asked_days   that the bank would not complain, and the days that a request names
    secret_checks               that secrets are seen nowhere else
    consent_checks              that consent on a page of the bank ends as it should
    cases, case_file            random ledgers, periods and faults for them, and one of them as a file
    capabilities, evidence      whether a contract's capabilities are so, and how its facts are known
    harness                     an account at a bank, for `pure_harness` (no line) and `line_harness` (the whole line)
    effects, bounded            what an adapter may not do besides computing, and an end to what it computes
    exchanges, played           the exchanges of a contract, in both directions
    earlier                     an account's life before an exchange
    expected, live              what an adapter makes of an exchange, and a reading of a real account
    compare, shown, sent        a statement beside the ledger, beside an exchange, and beside the bank's pages
    grid, grid_table            every fault at every step of every bank
    report, explain, diagnosis  the certificate, and why an adapter falls short
    conversation, lines         a reading as text, and what was logged
    source                      where in an adapter's files something happened
"""
