"""Simulated banks: ledgers and a clock behind the wire format of each bank.

Begin with `bank`: a bank is a function from request to response, and a module of `banks` gives one bank's routes,
refusals and rows. What a bank's module is written with: `call`, `parameters`, `oauth`, `tokens`, `consent`, `forms`.

    world, worlds, simulation      accounts, clock and faults that banks share; isolated worlds; all of it running
    ledger, entries, generate      true movements, and realistic ones from a seed
    publication                    what a bank shows of them, and when
    scenarios, faults              situations of an account by name, and what goes wrong on purpose
    serve, wire, tls, inprocess    banks behind two ports, or as a transport without network
    control and its parts          the control API, which arranges a world and shows its truth and journal
    console                        the same for people
    certify, authoring             an adapter tried against its bank, and help for the author of a new one
    published.extrato_testing      what tests of other projects use

Only `certify` and the tests import the gateway.
"""
