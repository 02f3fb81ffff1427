"""The control API, which arranges a world and shows its truth and its journal. It never plays a bank.

Begin with `app`, which puts the parts together and has the calls about accounts and the clock.

    app                              the whole API
    worlds                           isolated worlds, and the one that a call means
    faults, journal, ledgers         the calls about each of them
    snapshots, banks                 a world as a file; the documents of the banks
    truth                            the ledger of an account, as it is given
    answers, journal_answers         the shapes of what is answered
    document, bank_document          the OpenAPI documents of the API and of a bank
    choices                          what calls name: banks, faults, scenarios, accounts
    guarding                         which requests of a browser are answered; the console asks it too
"""
