"""The accounts of simulated banks: opened, numbered, and kept beyond the process.

Begin with `opening`, the part of a bank that keeps its accounts.

    opening     accounts opened in a scenario, moved into another, given new credentials
    numbers     branches and account numbers that somebody chooses
    kept        the file of what was opened and changed in a world
"""
