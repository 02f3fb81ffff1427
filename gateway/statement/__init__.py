"""One statement, from the account to the proof. `StatementReader` is what the rest of the gateway needs of it.

    reader         drives a connector's conversation over the line, within a deadline, and hands its pages on
    sending        sends the requests of one reading until its deadline, and no more than a statement can need
    parts          divides a period, so that days that still move cannot spoil those that are over
    reach          refuses a period that would need too many requests
    reading_slots  limits the readings at a time with each client
    bank_time      measures how long a reading waits for its bank
    movements      collects what the pages bring
    spool          keeps what is too large for memory in a sealed file, also of days that are kept for `?after=`
    assemble       makes a statement of it: ids, order
    proof          proves it by arithmetic
    warnings       what comes with it in the catalogue's words

Whether an account may be read, and what an outcome means for its integration, is decided in
`gateway.accounts.reading.readings`.
"""

from gateway.statement.reader import StatementReader, TokenProvider
from gateway.statement.sending import Line

__all__ = ["Line", "StatementReader", "TokenProvider"]
