"""The files in which a bank is written: its contract, its adapter, its simulated bank.

Begin with `places`.

    places      the files of a class, and where an author has still to fill something in
    source      where in an adapter's files something happened
    evidence    how a contract's facts are known, what it should say and does not, and the hash of its files
    repeated    keys that stand twice in a mapping of YAML
"""
