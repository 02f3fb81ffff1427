"""Simulated banks: ledgers and a clock behind the wire format of each bank.

Begin with `bank`: a bank is a function from request to response, and a module of `banks` gives one bank's routes,
refusals and rows.

The modules here are what a bank's module is written with, in this tree and in packages of others:

    call, parameters, forms, reasons      calls and answers, the query, forms of fields, the words of a refusal
    oauth, authorization_code, consent    grants of tokens, and the page on which an account holder decides
    tokens, assertion                     tokens, and signed assertions of clients
    handshake, pki, rsa_keys              TLS as the bank wants it, certificates, keys that follow from a name
    world, clock, calendar, tax_id        what banks share, its clock, days on which banks work, CPF and CNPJ
    ledger, generate, publication         true movements, realistic ones from a seed, what a bank shows and when
    strategies, inprocess                 random data for tests, and the banks as a transport without network

All of it running is a `simulation`; `cli` is the command `simulators`, and `version` that of the distribution.

The packages are what stands around a bank, each with a page of its own:

    banks          the bank of each slug: wire format, refusals, rows
    scenarios      situations of an account, by name
    faults         what goes wrong on purpose
    refusals       what every bank refuses in the same way, and why
    accounts       accounts opened, numbered and kept
    ledgers        what ledgers are made of, and those that somebody gives
    journal        the requests that came, shown without secrets, verified and judged
    worlds         isolated worlds, and worlds as files
    control        the control API, which arranges a world and shows its truth and journal
    console        the same for people
    serving        the banks on two ports
    commands       the commands of `simulators`
    certify        an adapter tried against its bank
    authoring      help for the author of a new bank
    texts          texts of files, and texts for a terminal

`published.extrato_testing` is what tests of other projects use.

Only `certify` and the tests import the gateway.
"""
