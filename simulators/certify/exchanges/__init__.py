"""The exchanges of a contract in both directions.

Begin with `as_shown`: the adapter asks and reads as an exchange shows, the simulated bank answers so.

    as_shown    both directions
    played      one exchange, played to an adapter step by step
    earlier     an account's life before an exchange
    expected    what an adapter makes of an exchange, for one that is being written
"""
