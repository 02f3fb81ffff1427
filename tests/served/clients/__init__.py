"""One client per bank, written from the bank's documentation with the standard library and nothing of ours.

Each module has `read(https, listed, first, last)`: get a token, read the statement of the days `first` to `last`
(`YYYY-MM-DD`, both included), and give `(day, signed amount)` of each movement. It stands for the programs others have
written against the real bank, so it imports no contract, no connector and no simulator, and asserts on the way what the
documentation promises: status codes, content types, names, null and absent fields.
"""
